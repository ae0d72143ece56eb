-- purpose: join the three sides of the whole date and keep the trades that do not agree on all
--          of them, or are not matched as they should be, with their sides; trades of which no
--          other side is expected and none came are left out, unless another feed than their
--          source's own brought them: these are to be counted.
-- reads: by recon.find_doubtful_trades_by_range trade.executions, trade.confirmations,
--        trade.pnl_snapshots, recon.single_matches
-- writes: unreconciled_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, silent_source_ids (expect no other side), cuts (seven ids that cut the
--             date in eight), is_ordered (rows lie in the order of their ids), first_batch_id,
--             last_batch_id, excluded_batch_ids, excluded_source_ids (what the set of matches
--             covers; null: no set), quantity_delta_max, price_delta_max, timestamp_delta_ms_max,
--             pnl_delta_limit (bounds in force on the date)

drop table if exists pg_temp.unreconciled_trades;

-- Rows in the order of their ids are merged: nothing is hashed, sorted or kept. Otherwise hash
-- tables that fit the processor's cache beat one that holds everything.
select
    set_config('enable_hashjoin', case when %(is_ordered)s then 'off' else 'on' end, true),
    set_config('enable_nestloop', 'off', true),
    set_config('work_mem', '8MB', true);

-- The predicate comes first and costs one pass; what is wrong, and by how much, is worked out later
-- and only for what it leaves. A trade with several versions is looked at one by one in any case.
create temporary table unreconciled_trades on commit drop as
select *
from recon.find_doubtful_trades_by_range(
    %(business_date)s, %(cuts)s::text[], %(silent_source_ids)s::text[],
    %(first_batch_id)s, %(last_batch_id)s, %(excluded_batch_ids)s::bigint[],
    %(excluded_source_ids)s::text[],
    %(quantity_delta_max)s, %(price_delta_max)s, %(timestamp_delta_ms_max)s, %(pnl_delta_limit)s
);

set local enable_hashjoin to default;

set local enable_nestloop to default;

set local work_mem to default;

select count(*) as rows_in, count(*) as rows_out
from unreconciled_trades;
