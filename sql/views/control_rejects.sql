-- What the date's totals and reports may know of refused messages: place, reason and detail, never
-- the raw bytes.

create or replace view control.rejects as
select
    r.business_date,
    r.feed,
    r.topic,
    r.partition,
    r.message_offset,
    r.stage,
    r.reason,
    r.detail,
    r.trade_id,
    r.rejected_at,
    r.replayed_at
from landing.rejects as r
where not exists (
    select
    from landing.batches as b
    where b.batch_id = r.batch_id
      and b.status in ('DRAINED', 'VALIDATED', 'STOPPED')
);
comment on view control.rejects is
    'Refused messages by business date, without their raw bytes. A batch that is not promoted yet has '
    'not said what it received, so that its rejects are not among them.';
