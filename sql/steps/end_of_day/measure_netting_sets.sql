-- purpose: ask initial margin of each netting set by the standard schedule: the rate of its class
--          times notional for each contract, netted by the ratio of net to gross replacement
--          cost.
-- reads: reference.netting_sets, reference.margin_instruments, reference.margin_rates,
--        risk.valued_flows, risk_terms, risk_marks, risk_rates (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures where subject_kind = 'NETTING_SET';

insert into computed_measures
with agreements as (
    select distinct on (netting_set_id) *
    from reference.netting_sets
    where effective_from <= %(business_date)s
    order by netting_set_id, effective_from desc
),
contracts as (
    select
        a.netting_set_id, f.symbol, i.margin_class, i.duration_years,
        sum(f.bought_quantity - f.sold_quantity) * max(m.price) * max(r.rate) as value,
        sum(f.sold_amount - f.bought_amount) * max(r.rate) as cash
    from agreements as a
    join risk.valued_flows as f on f.counterparty_id = a.counterparty_id
    join reference.margin_instruments as i on i.symbol = f.symbol
    left join risk_marks as m on m.symbol = f.symbol and m.currency = f.currency
    left join risk_rates as r on r.currency = f.currency
    where f.business_date <= %(business_date)s
    group by a.netting_set_id, f.symbol, f.currency, i.margin_class, i.duration_years
    having sum(f.bought_quantity - f.sold_quantity) <> 0
),
summed as (
    select
        c.netting_set_id,
        sum(abs(c.value) * s.rate) as gross_margin,
        sum(greatest(c.value + c.cash, 0)) as gross_cost,
        sum(c.value + c.cash) as net_cost,
        'not computed: no mark or margin rate for ' || string_agg(c.symbol, ', ' order by c.symbol)
            filter (where c.value is null or s.rate is null) as reason
    from contracts as c
    left join lateral (
        select rate
        from reference.margin_rates
        where margin_class = c.margin_class
          and (duration_over < c.duration_years or duration_over = 0)
          and effective_from <= %(business_date)s
        order by duration_over desc, effective_from desc
        limit 1
    ) as s on true
    group by c.netting_set_id
),
ratios as (
    select
        a.netting_set_id, a.threshold_amount, a.minimum_transfer_amount, s.reason,
        case when s.reason is null then coalesce(s.gross_margin, 0) end as gross_margin,
        case when s.reason is null then greatest(coalesce(s.net_cost, 0), 0) end as net_cost,
        case when s.reason is null then coalesce(s.gross_cost, 0) end as gross_cost
    from agreements as a
    left join summed as s using (netting_set_id)
)
select
    m.measure, 'NETTING_SET', r.netting_set_id, '', m.currency, round(m.amount, m.digits), r.reason
from ratios as r
cross join risk_terms as t
cross join lateral (
    values
    ('gross_initial_margin', t.base_currency, r.gross_margin, t.digits),
    ('net_replacement_cost', t.base_currency, r.net_cost, t.digits),
    ('gross_replacement_cost', t.base_currency, r.gross_cost, t.digits),
    ('net_to_gross_ratio', '', risk.net_to_gross(r.net_cost, r.gross_cost), 10),
    ('initial_margin', t.base_currency,
     risk.standard_margin(r.gross_margin, r.net_cost, r.gross_cost), t.digits)
) as m (measure, currency, amount, digits);

select count(*) as rows_in, count(amount) as rows_out
from computed_measures
where measure = 'initial_margin';
