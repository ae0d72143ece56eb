-- purpose: measure how concentrated gross exposure is: the share of the largest few, and the sum
--          of squared percentages (Herfindahl-Hirschman), among counterparties and among
--          instruments.
-- reads: risk_terms, computed_measures, valued_positions (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: none

delete from computed_measures where measure in ('hhi', 'top_share_percent');

insert into computed_measures
with parts (among, subject, amount) as (
    select 'COUNTERPARTY', subject, amount
    from computed_measures
    where measure = 'gross_exposure'
      and subject_kind = 'COUNTERPARTY'
      and amount > 0
    union all
    select 'SYMBOL', symbol, abs(sum(base_value))
    from valued_positions
    group by symbol
    having sum(base_value) <> 0
),
ranked as (
    select
        among,
        amount,
        sum(amount) over (partition by among) as total,
        row_number() over (partition by among order by amount desc, subject collate "C") as place
    from parts
)
select
    m.measure, 'FIRM', 'FIRM', r.among, '', m.amount, m.note
from (
    select
        among,
        round(10000 * sum(amount * amount) / (max(total) * max(total)), 4) as hhi,
        round(
            100 * sum(amount) filter (where place <= t.top_count) / max(total), 4
        ) as top_percent,
        least(count(*), max(t.top_count)) as top_count
    from ranked
    cross join risk_terms as t
    group by among
) as r
cross join lateral (
    values
    ('hhi', r.hhi, null),
    ('top_share_percent', r.top_percent, format('largest %%s', r.top_count))
) as m (measure, amount, note);

select count(*) as rows_in, count(*) as rows_out
from computed_measures
where measure in ('hhi', 'top_share_percent');
