-- purpose: measure what is open with each counterparty until it settles (fails included): gross,
--          net, what replacing it would cost; and the gross and net value of book and firm.
-- reads: risk_terms, risk_marks, risk_rates, valued_positions (temporary),
--        risk.valued_flows, settlement.failed_flows
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures
where measure in ('gross_exposure', 'net_exposure', 'replacement_cost', 'unpriced_count');

insert into computed_measures
with still_open as (
    select counterparty_id, symbol, currency,
        bought_quantity, sold_quantity, bought_amount, sold_amount
    from risk.valued_flows
    where business_date <= %(business_date)s
      and settlement_date > %(business_date)s
    union all
    -- due by now, and still owed
    select counterparty_id, symbol, currency,
        bought_quantity, sold_quantity, bought_amount, sold_amount
    from settlement.failed_flows
    where as_of_date = %(business_date)s
),
open_trades as (
    select
        f.counterparty_id, f.symbol,
        sum(f.bought_quantity + f.sold_quantity) * max(m.price) * max(r.rate) as gross_value,
        sum(f.bought_quantity - f.sold_quantity) * max(m.price) * max(r.rate) as net_value,
        sum(f.sold_amount - f.bought_amount) * max(r.rate) as cash_value
    from still_open as f
    left join risk_marks as m on m.symbol = f.symbol and m.currency = f.currency
    left join risk_rates as r on r.currency = f.currency
    group by f.counterparty_id, f.symbol, f.currency
),
valued (subject_kind, subject, symbol, gross_value, net_value, cash_value) as (
    select 'COUNTERPARTY', counterparty_id, symbol, gross_value, net_value, cash_value
    from open_trades
    union all
    select 'BOOK', book, symbol, abs(base_value), base_value, null
    from valued_positions
    union all
    select 'FIRM', 'FIRM', symbol,
        case when count(*) = count(base_value) then abs(sum(base_value)) end,
        case when count(*) = count(base_value) then sum(base_value) end, null
    from valued_positions
    group by symbol, currency
),
summed as (
    select
        v.subject_kind, v.subject, t.base_currency,
        round(sum(v.gross_value), t.digits) as gross_amount,
        round(sum(v.net_value), t.digits) as net_amount,
        case
            when v.subject_kind = 'COUNTERPARTY' and count(v.net_value) > 0
                then round(greatest(sum(v.net_value + v.cash_value), 0), t.digits)
        end as replacement_amount,
        count(*) filter (where v.gross_value is null) as unpriced_count,
        'not valued: ' || string_agg(distinct v.symbol, ', ' order by v.symbol)
            filter (where v.gross_value is null) as note
    from valued as v
    cross join risk_terms as t
    group by v.subject_kind, v.subject, t.base_currency, t.digits
)
select m.measure, s.subject_kind, s.subject, '', m.currency, m.amount, s.note
from summed as s
cross join lateral (
    values
    ('gross_exposure', s.base_currency, s.gross_amount),
    ('net_exposure', s.base_currency, s.net_amount),
    ('replacement_cost', s.base_currency, s.replacement_amount),
    ('unpriced_count', '', s.unpriced_count)
) as m (measure, currency, amount)
where m.amount is not null
   or s.note is not null and (m.measure <> 'replacement_cost' or s.subject_kind = 'COUNTERPARTY');

select count(*) as rows_in, count(*) filter (where amount is not null) as rows_out
from computed_measures
where measure in ('gross_exposure', 'net_exposure', 'replacement_cost', 'unpriced_count');
