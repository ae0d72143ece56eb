-- purpose: find batches that a quality gate stopped, and offsets that were gone before they were
--          drained.
-- reads: landing.batches, landing.batch_ranges, quality.results, control.alert_findings
-- writes: control.alert_findings
-- rerun: append once, by finding key; a batch that was tried again and stopped again is a new one
-- parameters: as_of

insert into control.alert_findings (kind, finding_key, summary, next_step, found_at)
select
    'batch_stopped',
    concat_ws('/', b.batch_id, coalesce(r.result_id, 0)),
    format(
        'batch %%s of feed %%s, %%s messages: %%s',
        b.batch_id, b.feed, b.message_count, left(coalesce(b.status_reason, 'no reason'), 300)
    ),
    './posttrade batches list, then retry or reject it; its date cannot be closed before',
    %(as_of)s
from landing.batches as b
left join lateral (
    select max(q.result_id) as result_id
    from quality.results as q
    where q.batch_id = b.batch_id
) as r on true
where b.status not in ('RECONCILED', 'REJECTED')
  and b.status = 'STOPPED'
on conflict (kind, finding_key) do nothing;

insert into control.alert_findings (kind, finding_key, summary, next_step, found_at)
select
    'offsets_lost',
    concat_ws('/', l.batch_id, l.topic, l.partition),
    format(
        '%%s messages of %%s, partition %%s, from offset %%s on: gone before they were '
        'drained, by retention or with a deleted topic (batch %%s)',
        l.lost_count, l.topic, l.partition, l.first_offset, l.batch_id
    ),
    'ask the sender to send them again; the gap stands in the control totals of the date',
    %(as_of)s
from landing.batch_ranges as l
where l.lost_count > 0
on conflict (kind, finding_key) do nothing;

select count(*) as rows_in, count(*) as rows_out
from control.alert_findings
where found_at = %(as_of)s;
