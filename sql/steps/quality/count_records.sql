-- Purpose: count the accepted records of a business date, before and after the close's quarantine.
-- Reads: trade.executions, trade.confirmations, trade.pnl_snapshots, trade.orders,
--        trade.order_responses, market.marks, settlement.statuses, settlement.statement_lines
-- Writes: nothing
-- Rerun: reads only
-- Parameters: business_date, quarantined_count
-- worked out once: each record is counted, and two columns tell it
with records as materialized (
    select
        (
            select count(*) from trade.executions as executions
            where executions.business_date = %(business_date)s
        ) + (
            select count(*) from trade.confirmations as confirmations
            where confirmations.business_date = %(business_date)s
        ) + (
            select count(*) from trade.pnl_snapshots as pnl_snapshots
            where pnl_snapshots.business_date = %(business_date)s
        ) + (
            select count(*) from trade.orders as orders
            where orders.business_date = %(business_date)s
        ) + (
            select count(*) from trade.order_responses as order_responses
            where order_responses.business_date = %(business_date)s
        ) + (
            select count(*) from market.marks as marks
            where marks.mark_date = %(business_date)s
        ) + (
            select count(*) from settlement.statuses as statuses
            where statuses.business_date = %(business_date)s
        ) + (
            select count(*) from settlement.statement_lines as statement_lines
            where statement_lines.business_date = %(business_date)s
        ) as record_count
)
select
    records.record_count + %(quarantined_count)s as rows_in,
    records.record_count as rows_out
from records;
