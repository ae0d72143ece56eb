-- purpose: note of missed deadlines that an alert told of that they are over: the feed came, the
--          date
--          has its report, capture takes in again.
-- reads: control.received_counts, trade.executions, report.versions, control.watch_rounds,
--        reference.deadlines, control.alert_findings
-- writes: control.alert_findings
-- rerun: append once: a finding is resolved once
-- parameters: as_of

with lasting as (
    select
        finding_id,
        kind,
        business_date,
        found_at,
        split_part(finding_key, '/', 1) as deadline_id
    from control.alert_findings
    where resolved_at is null
      and alert_id is not null
      and found_at > %(as_of)s::timestamptz - interval '30 days'
      and kind in ('feed_late', 'close_late', 'capture_stopped')
),
ended as (
    select
        f.finding_id,
        format('%%s came for %%s', coalesce(d.source_id, d.feed), f.business_date) as resolution
    from lasting as f
    join reference.deadlines as d on d.deadline_id = f.deadline_id
    where f.kind = 'feed_late'
      and case
          when d.source_id is null then exists (
              select
              from control.received_counts as r
              where r.business_date = f.business_date
                and r.feed = d.feed
                and r.received_count > 0
          )
          else exists (
              select
              from trade.executions as e
              where e.business_date = f.business_date
                and e.source_id = d.source_id
          )
      end
    union all
    select
        f.finding_id,
        format('%%s has its report', f.business_date)
    from lasting as f
    where f.kind = 'close_late'
      and exists (
          select
          from report.versions as v
          where v.business_date = f.business_date
      )
    union all
    select
        f.finding_id,
        'capture takes messages in again, or nothing waits any more'
    from lasting as f
    join control.watch_rounds as r on r.watch = 'capture'
    where f.kind = 'capture_stopped'
      and (r.waiting_since is null or r.waiting_since > f.found_at)
)
update control.alert_findings as f
set resolved_at = %(as_of)s,
    resolution = ended.resolution
from ended
where f.finding_id = ended.finding_id;

select
    (select count(*) from control.alert_findings where resolved_at is null) as rows_in,
    (select count(*) from control.alert_findings where resolved_at = %(as_of)s) as rows_out;
