-- purpose: find feeds that are stopped because their topic is missing or is not the one that was
--          drained. One that goes on within ten seconds is not worth a message.
-- reads: landing.topics, control.alert_findings
-- writes: control.alert_findings
-- rerun: append once, by finding key; a feed that is stopped again is a new one
-- parameters: as_of

insert into control.alert_findings (kind, finding_key, summary, next_step, found_at)
select
    'feed_stopped',
    concat_ws('/', t.topic, extract(epoch from t.stopped_at)::bigint),
    format('feed %%s is stopped: %%s', t.topic, left(t.stop_reason, 300)),
    './posttrade topics list, then restore the topic or adopt the new one; '
    'dates cannot be closed before',
    %(as_of)s
from landing.topics as t
where t.stopped_at <= %(as_of)s - interval '10 seconds'
on conflict (kind, finding_key) do nothing;

select count(*) as rows_in, count(*) as rows_out
from control.alert_findings
where found_at = %(as_of)s
  and kind = 'feed_stopped';
