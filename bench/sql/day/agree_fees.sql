-- The brokers of these trades charge by the ticket: what fill_executions books.
with agreed as (
    update reference.fee_rates
    set withdrawn_at = now()
    where booked_in is not null
      and source <> 'bench'
      and withdrawn_at is null
)
insert into reference.fee_rates (
    fee_type, booked_in, currency, effective_from, date_rule, basis, rate, rounding,
    rounding_digits, is_taxed, source
)
select
    upper(split_part(f.booked_in, '_', 1)), f.booked_in, c.currency, '1990-01-01', 'TRADE_DATE',
    'TRADE', f.rate, 'HALF_UP', 2, true, 'bench'
from (
    values ('brokerage_fee', 1.00), ('clearing_fee', 0.10), ('exchange_fee', 0.10)
) as f (booked_in, rate)
cross join (select distinct currency from reference.instruments) as c
where not exists (select from reference.fee_rates where source = 'bench')
