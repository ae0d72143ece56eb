-- purpose: list what became of each break that changed since the last alert about breaks.
-- reads: recon.break_events, control.positions, reference.counterparties
-- writes: new_breaks (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.new_breaks;

create temporary table new_breaks on commit drop as
with last_events as (
    select distinct on (business_date, trade_id, break_type)
        event_id,
        business_date,
        trade_id,
        break_type,
        event,
        expected_value,
        actual_value,
        delta,
        coalesce(exposure_amount, 0) as exposure_amount,
        coalesce(currency, '') as currency,
        coalesce(counterparty_id, 'UNKNOWN') as counterparty_id,
        symbol
    from recon.break_events
    where event_id > (
        select last_event_id from control.positions where reader = 'break_alerts' for update
    )
    order by business_date, trade_id, break_type, event_id desc
)
select
    e.*,
    coalesce(c.counterparty_name, e.counterparty_id) as counterparty_name,
    -- amounts of different currencies cannot be compared, so each currency has its own order
    row_number() over (
        partition by e.currency, e.event = 'RESOLVED'
        order by e.exposure_amount desc, e.business_date, e.trade_id, e.break_type
    ) as rank_in_currency
from last_events as e
left join reference.counterparties as c on c.counterparty_id = e.counterparty_id;

select count(*) as rows_in, count(*) filter (where event <> 'RESOLVED') as rows_out
from new_breaks;
