-- purpose: count anew, from the tables, what became of every message of the date, beside what the
--          batches said they received. A feed that sent nothing is counted with zeros: silence is a
--          finding, too.
-- reads: control.received_counts, trade.executions, trade.confirmations, trade.pnl_snapshots,
--        control.untraded_records, trade.conflicts, control.rejects (of promoted and refused
--        batches), landing.duplicates
-- writes: counted_totals (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, feeds (every known one)

drop table if exists pg_temp.counted_totals;

create temporary table counted_totals on commit drop as
with counted (feed, received, accepted, rejected, duplicates, quantity, notional) as (
    select feed, sum(received_count), 0, 0, 0, null::numeric, null::numeric
    from control.received_counts
    where business_date = %(business_date)s
    group by feed
    union all
    select feed, 0, count(*), 0, 0, sum(quantity), sum(notional)
    from trade.executions
    where business_date = %(business_date)s
    group by feed
    union all
    select topic, 0, count(*), 0, 0, sum(quantity), sum(price * quantity)
    from trade.confirmations
    where business_date = %(business_date)s
    group by topic
    union all
    select topic, 0, count(*), 0, 0, null, null
    from trade.pnl_snapshots
    where business_date = %(business_date)s
    group by topic
    union all
    select feed, 0, count(*), 0, 0, sum(quantity), sum(notional)
    from control.untraded_records
    where business_date = %(business_date)s
    group by feed
    union all
    -- accepted as evidence
    select feed, 0, count(*), 0, 0, sum(quantity), sum(price * quantity)
    from trade.conflicts
    where business_date = %(business_date)s
    group by feed
    union all
    select feed, 0, 0, count(*), 0, null, null
    from control.rejects
    where business_date = %(business_date)s
    group by feed
    union all
    select feed, 0, 0, 0, count(*), null, null
    from landing.duplicates
    where business_date = %(business_date)s
    group by feed
    union all
    select unnest(%(feeds)s::text []), 0, 0, 0, 0, null, null
)
select
    feed,
    sum(received)::bigint as received_count,
    sum(accepted)::bigint as accepted_count,
    sum(rejected)::bigint as rejected_count,
    sum(duplicates)::bigint as duplicate_count,
    sum(quantity) as accepted_quantity,
    sum(notional) as accepted_notional
from counted
group by feed
having feed = any(%(feeds)s::text [])
    or sum(received) <> 0
    or sum(accepted) + sum(rejected) + sum(duplicates) <> 0;

select coalesce(sum(received_count), 0) as rows_in, count(*) as rows_out
from counted_totals;
