-- purpose: announce on the topic breaks every break that opened, opened again or was resolved.
-- reads: recon.break_events, control.positions
-- writes: outbox.messages, control.positions
-- rerun: append once, by message_id; the position moves in the same transaction
-- parameters: event_limit (most events in one call)

drop table if exists pg_temp.announced_events;

create temporary table announced_events on commit drop as
select *
from recon.break_events
where event_id > (
    select last_event_id from control.positions where reader = 'breaks_topic' for update
)
order by event_id
limit %(event_limit)s;

insert into outbox.messages (message_id, topic, message_key, payload)
select
    concat_ws('/', 'breaks', business_date, trade_id, break_type, event_id),
    'breaks',
    trade_id,
    jsonb_build_object(
        'event', event,
        'business_date', business_date,
        'subject_kind', subject_kind,
        'trade_id', trade_id,
        'break_type', break_type,
        'expected_value', expected_value,
        'actual_value', actual_value,
        'delta', delta,
        'exposure_amount', exposure_amount,
        'currency', currency,
        'counterparty', counterparty_id,
        'symbol', symbol,
        'reason', reason,
        'occurred_at', occurred_at
    )
from announced_events
order by event_id
on conflict (message_id) do nothing;

update control.positions as p
set last_event_id = a.last_event_id,
    moved_at = now()
from (select max(event_id) as last_event_id from announced_events) as a
where p.reader = 'breaks_topic'
  and a.last_event_id > p.last_event_id;

select count(*) as rows_in, count(*) as rows_out
from announced_events;
