-- purpose: value each book and the firm under each day's changes, and note how many positions
--          each has: a day counts where it changes them all.
-- reads: risk_terms, valued_positions, scenario_changes (temporary)
-- writes: scenario_subjects, scenario_results (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists pg_temp.scenario_subjects, pg_temp.scenario_results;

create temporary table scenario_subjects on commit drop as
select
    case when grouping(book) = 1 then 'FIRM' else 'BOOK' end as subject_kind,
    coalesce(book, 'FIRM') as subject,
    count(*) as position_count,
    string_agg(distinct symbol, ', ' order by symbol) filter (where base_value is null) as unvalued
from valued_positions
group by grouping sets ((book), ())
having count(*) > 0;

create temporary table scenario_results on commit drop as
with books as (
    select p.book, c.day, count(*) as position_count, sum(p.quantity * c.change) as pnl
    from valued_positions as p
    join scenario_changes as c on c.symbol = p.symbol and c.currency = p.currency
    where p.base_value is not null
    group by p.book, c.day
),
every_subject (subject_kind, subject, day, position_count, pnl) as (
    select 'BOOK', book, day, position_count, pnl
    from books
    union all
    select 'FIRM', 'FIRM', day, sum(position_count)::bigint, sum(pnl)
    from books
    group by day
)
select s.subject_kind, s.subject, s.day, s.position_count, round(s.pnl, t.digits) as pnl
from every_subject as s
cross join risk_terms as t;

select count(*) as rows_in, (select count(*) from scenario_results) as rows_out
from scenario_subjects;
