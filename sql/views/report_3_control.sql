-- Control totals, rejects and data quality of a business date.

create or replace view report.control_totals as
select
    t.business_date,
    t.feed,
    t.received_count,
    t.accepted_count,
    t.rejected_count,
    t.duplicate_count,
    t.accepted_quantity,
    t.accepted_notional,
    coalesce(o.offset_count, 0) as offset_count,
    coalesce(o.message_count, 0) as message_count,
    coalesce(o.empty_count, 0) as empty_count,
    coalesce(o.lost_count, 0) as lost_count
from control.date_totals t
left join lateral (
    select
        sum(offset_count) as offset_count,
        sum(message_count) as message_count,
        sum(empty_count) as empty_count,
        sum(lost_count) as lost_count
    from control.date_offsets
    where business_date = t.business_date
      and topic = t.feed
) o on true;
comment on view report.control_totals is
    'received = accepted + rejected + duplicate for the date''s own messages; offsets = messages + '
    'empty + lost over the drained ranges that hold them, which may hold other dates'' messages too.';

create or replace view report.control_offsets as
select
    business_date,
    topic,
    partition,
    end_offset,
    offset_count,
    message_count,
    empty_count,
    lost_count
from control.date_offsets;

create or replace view report.recorded_inputs as
select business_date, feed, count(*) as record_count, max(recorded_at) as known_at
from trade.executions
group by business_date, feed
union all
select business_date, topic, count(*), max(recorded_at)
from trade.confirmations
group by business_date, topic
union all
select business_date, topic, count(*), max(recorded_at)
from trade.pnl_snapshots
group by business_date, topic
union all
select business_date, feed, count(*), max(recorded_at)
from control.untraded_records
group by business_date, feed
union all
select business_date, feed, count(*), max(recorded_at)
from trade.conflicts
group by business_date, feed;
comment on view report.recorded_inputs is
    'Records that stand in the trade tables, counted anew (they must equal the accepted of the '
    'totals), and when the newest of them became known. A feed may have several rows.';

create or replace view report.reject_summary as
select
    business_date,
    feed,
    stage,
    reason,
    count(*) as reject_count,
    count(replayed_at) as replayed_count
from control.rejects
group by business_date, feed, stage, reason;
comment on view report.reject_summary is
    'Refused messages. One that was mended and sent again stays refused, and is counted as replayed: '
    'what became of it is another message.';

create or replace view report.conflict_counts as
select business_date, record_type, count(*) as record_count
from trade.conflicts
group by business_date, record_type;

create or replace view report.unplaced_counts as
select business_date, record_type, count(*) as record_count
from trade.unplaced_records
group by business_date, record_type;

create or replace view report.latest_quality_results as
with batches_of_dates as (
    select distinct business_date, batch_id
    from control.received_counts
),
judged as (
    select
        d.business_date,
        'micro-batches' as validated,
        d.batch_id,
        r.result_id,
        r.suite,
        r.evaluated_count,
        r.result
    from batches_of_dates d
    join quality.results r on r.batch_id = d.batch_id
    union all
    select
        business_date,
        'whole day',
        null,
        result_id,
        suite,
        evaluated_count,
        result
    from quality.results
    where batch_id is null
      and business_date is not null
)
select distinct on (business_date, suite, validated, batch_id) *
from judged
order by business_date, suite, validated, batch_id, result_id desc;
comment on view report.latest_quality_results is
    'A repeated validation replaces what an earlier one said of the same rows.';

create or replace view report.quality_findings as
select
    r.business_date,
    r.suite,
    r.validated,
    rule.finding ->> 'rule' as rule_name,
    rule.finding ->> 'error' is not null or rule.finding ->> 'level' = 'stop' as is_stop,
    count(*) as run_count,
    sum((rule.finding ->> 'failing_count')::bigint) as failing_count
from report.latest_quality_results r
cross join jsonb_array_elements(coalesce(r.result -> 'failed_rules', '[]')) as rule (finding)
where rule.finding ->> 'level' <> 'reject'
group by 1, 2, 3, 4, 5;
comment on view report.quality_findings is
    'Rules that do not hold. Without those whose rows were quarantined: a second validation finds '
    'nothing more to quarantine, and control.rejects lists what left.';

create or replace view report.suite_results as
select
    r.business_date,
    r.suite,
    r.validated,
    r.run_count,
    r.evaluated_count,
    coalesce(f.warning_count, 0) as warning_count,
    coalesce(f.stop_count, 0) as stop_count
from (
    select
        business_date,
        suite,
        validated,
        count(*) as run_count,
        sum(evaluated_count) as evaluated_count
    from report.latest_quality_results
    group by business_date, suite, validated
) r
left join (
    select
        business_date,
        suite,
        validated,
        count(*) filter (where not is_stop) as warning_count,
        count(*) filter (where is_stop) as stop_count
    from report.quality_findings
    group by business_date, suite, validated
) f on f.business_date = r.business_date and f.suite = r.suite and f.validated = r.validated;
comment on view report.suite_results is
    'Newest result of each suite: over the micro-batches that hold messages of the date, and over '
    'the whole date at close.';
