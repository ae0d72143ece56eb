-- purpose: accept the judged marks; duplicates are counted, conflicts kept as evidence.
-- reads: judged_marks (temporary)
-- writes: market.marks, market.mark_conflicts, landing.duplicates
-- rerun: append once, by message
-- parameters: none

insert into market.marks (
    mark_kind, symbol, currency, tenor_days, mark_date, source_id, observed_at, price, flags,
    batch_id, topic, partition, message_offset
)
select
    mark_kind, symbol, currency, tenor_days, mark_date, source_id, observed_at, price, flags,
    batch_id, topic, partition, message_offset
from judged_marks
where verdict = 'mark'
order by symbol, mark_date, observed_at
on conflict do nothing;

insert into market.mark_conflicts (
    topic, partition, message_offset, batch_id, business_date, mark_kind, symbol, currency,
    tenor_days, source_id, observed_at, kept_price, refused_price
)
select
    topic, partition, message_offset, batch_id, mark_date, mark_kind, symbol, currency,
    tenor_days, source_id, observed_at, kept_price, price
from judged_marks
where verdict = 'conflict'
on conflict do nothing;

insert into landing.duplicates (
    topic, partition, message_offset, feed, batch_id, business_date, trade_id, version
)
select topic, partition, message_offset, topic, batch_id, mark_date, symbol, 1
from judged_marks
where verdict = 'duplicate'
on conflict do nothing;

select count(*) as rows_in, count(*) filter (where verdict = 'mark') as rows_out
from judged_marks;
