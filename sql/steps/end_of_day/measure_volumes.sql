-- purpose: count the date's trades and sum their size, per instrument, per currency and in all.
-- reads: risk_terms, risk_rates (temporary), risk.valued_flows
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures where measure in (
    'trade_count', 'traded_quantity', 'traded_amount', 'average_quantity', 'average_amount'
);

insert into computed_measures
with traded as (
    select
        f.symbol,
        f.currency,
        sum(f.trade_count) as trade_count,
        sum(f.bought_quantity + f.sold_quantity) as quantity,
        sum(f.bought_amount + f.sold_amount) as amount,
        max(r.rate) as rate
    from risk.valued_flows as f
    left join risk_rates as r on r.currency = f.currency
    where f.business_date = %(business_date)s
    group by f.symbol, f.currency
),
sized (subject_kind, subject, currency, trade_count, quantity, amount, digits, unvalued) as (
    select 'SYMBOL', symbol, currency, trade_count, quantity, amount, 10, null
    from traded
    union all
    select 'CURRENCY', currency, currency, sum(trade_count), null, sum(amount), 10, null
    from traded
    group by currency
    union all
    -- in the base currency, where every currency has a rate
    select
        'FIRM', 'FIRM', t.base_currency, sum(v.trade_count), null,
        case when count(*) = count(v.rate) then round(sum(v.amount * v.rate), t.digits) end,
        t.digits,
        string_agg(distinct v.currency, ', ' order by v.currency) filter (where v.rate is null)
    from traded as v
    cross join risk_terms as t
    group by t.base_currency, t.digits
)
select
    m.measure, s.subject_kind, s.subject,
    -- an instrument may trade in two currencies
    case s.subject_kind when 'SYMBOL' then s.currency else '' end,
    m.currency, m.amount,
    case when m.amount is null then 'no rate for ' || s.unvalued end
from sized as s
cross join lateral (
    values
    ('trade_count', '', s.trade_count),
    ('traded_quantity', '', s.quantity),
    ('traded_amount', s.currency, s.amount),
    ('average_quantity', '', round(s.quantity / s.trade_count, s.digits)),
    ('average_amount', s.currency, round(s.amount / s.trade_count, s.digits))
) as m (measure, currency, amount)
where m.amount is not null
   or s.unvalued is not null and m.measure in ('traded_amount', 'average_amount');

select count(*) as rows_in, count(*) filter (where amount is not null) as rows_out
from computed_measures
where measure in (
    'trade_count', 'traded_quantity', 'traded_amount', 'average_quantity', 'average_amount'
);
