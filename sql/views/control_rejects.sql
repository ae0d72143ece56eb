-- What reports may know of refused messages: place, reason and detail, never the raw bytes.

create or replace view control.rejects as
select
    business_date,
    feed,
    topic,
    partition,
    message_offset,
    stage,
    reason,
    detail,
    trade_id,
    rejected_at
from landing.rejects;
comment on view control.rejects is 'Refused messages by business date, without their raw bytes.';
