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

create or replace view report.recorded_counts as
select business_date, feed, sum(record_count) as record_count
from (
    select business_date, feed, count(*) as record_count
    from trade.executions
    group by business_date, feed
    union all
    select business_date, topic, count(*)
    from trade.confirmations
    group by business_date, topic
    union all
    select business_date, topic, count(*)
    from trade.pnl_snapshots
    group by business_date, topic
    union all
    select business_date, feed, count(*)
    from trade.conflicts
    group by business_date, feed
) recorded
group by business_date, feed;
comment on view report.recorded_counts is
    'Records that stand in the trade tables, counted anew: must equal the accepted of the totals.';

create or replace view report.reject_summary as
select business_date, feed, stage, reason, count(*) as reject_count
from control.rejects
group by business_date, feed, stage, reason;

create or replace view report.conflict_counts as
select business_date, record_type, count(*) as record_count
from trade.conflicts
group by business_date, record_type;

create or replace view report.unplaced_counts as
select business_date, record_type, count(*) as record_count
from trade.unplaced_records
group by business_date, record_type;

create or replace view report.quality_suites as
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
        r.is_success,
        r.evaluated_count,
        r.failed_count,
        r.errored_count,
        r.quarantined_count
    from batches_of_dates d
    join quality.results r on r.batch_id = d.batch_id
    union all
    select
        business_date,
        'whole day',
        null,
        result_id,
        suite,
        is_success,
        evaluated_count,
        failed_count,
        errored_count,
        quarantined_count
    from quality.results
    where batch_id is null
      and business_date is not null
),
latest as (
    -- a repeated validation replaces what an earlier one said of the same rows
    select distinct on (business_date, suite, validated, batch_id) *
    from judged
    order by business_date, suite, validated, batch_id, result_id desc
)
select
    business_date,
    suite,
    validated,
    count(*) as run_count,
    sum(evaluated_count) as evaluated_count,
    sum(failed_count) as failed_count,
    sum(errored_count) as errored_count,
    sum(quarantined_count) as quarantined_count,
    bool_and(is_success) as is_success
from latest
group by business_date, suite, validated;
comment on view report.quality_suites is
    'Newest result of each suite: over the micro-batches that hold messages of the date, and over '
    'the whole date at close.';

create or replace view report.input_instants as
select business_date, max(known_at) as as_of
from (
    select business_date, max(recorded_at) as known_at
    from trade.executions
    group by business_date
    union all
    select business_date, max(recorded_at)
    from trade.confirmations
    group by business_date
    union all
    select business_date, max(recorded_at)
    from trade.pnl_snapshots
    group by business_date
    union all
    select business_date, max(recorded_at)
    from trade.conflicts
    group by business_date
    union all
    select business_date, max(rejected_at)
    from control.rejects
    group by business_date
) instants
group by business_date;
comment on view report.input_instants is 'When the newest input of a business date became known.';
