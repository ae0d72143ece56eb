-- purpose: join the three sides of the whole date and keep the trades that do not agree on all
--          of them, or are not matched as they should be; trades of which no other side is expected
--          and none came are left out. rows_in: executions.
-- reads: trade.executions; by recon.find_doubtful_trades also trade.confirmations,
--        trade.pnl_snapshots, recon.single_matches
-- writes: unreconciled_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, silent_source_ids (expect no other side), first_cut, second_cut,
--             third_cut (ids that cut the date in four), is_ordered (rows lie in the order of their
--             ids), first_batch_id, last_batch_id, excluded_batch_ids, excluded_source_ids (what
--             the set of matches covers; null: no set), quantity_delta_max, price_delta_max,
--             timestamp_delta_ms_max, pnl_delta_limit (bounds in force on the date)

drop table if exists pg_temp.unreconciled_trades;

-- Rows in the order of their ids are merged: nothing is hashed, sorted or kept. Otherwise hash
-- tables that fit the processor's cache beat one that holds everything.
select
    set_config('enable_hashjoin', case when %(is_ordered)s then 'off' else 'on' end, true),
    set_config('enable_nestloop', 'off', true),
    set_config('work_mem', '8MB', true);

-- The predicate comes first and costs one pass; what is wrong, and by how much, is worked out later
-- and only for what it leaves. Each range of ids is a process's own. All versions take part: a
-- trade with several is looked at one by one in any case.
create temporary table unreconciled_trades on commit drop as
select trade_id
from recon.find_doubtful_trades(
    %(business_date)s, '', %(first_cut)s, %(silent_source_ids)s::text[],
    %(first_batch_id)s, %(last_batch_id)s, %(excluded_batch_ids)s::bigint[],
    %(excluded_source_ids)s::text[],
    %(quantity_delta_max)s, %(price_delta_max)s, %(timestamp_delta_ms_max)s, %(pnl_delta_limit)s
)
union all
select trade_id
from recon.find_doubtful_trades(
    %(business_date)s, %(first_cut)s, %(second_cut)s, %(silent_source_ids)s::text[],
    %(first_batch_id)s, %(last_batch_id)s, %(excluded_batch_ids)s::bigint[],
    %(excluded_source_ids)s::text[],
    %(quantity_delta_max)s, %(price_delta_max)s, %(timestamp_delta_ms_max)s, %(pnl_delta_limit)s
)
union all
select trade_id
from recon.find_doubtful_trades(
    %(business_date)s, %(second_cut)s, %(third_cut)s, %(silent_source_ids)s::text[],
    %(first_batch_id)s, %(last_batch_id)s, %(excluded_batch_ids)s::bigint[],
    %(excluded_source_ids)s::text[],
    %(quantity_delta_max)s, %(price_delta_max)s, %(timestamp_delta_ms_max)s, %(pnl_delta_limit)s
)
union all
select trade_id
from recon.find_doubtful_trades(
    %(business_date)s, %(third_cut)s, null, %(silent_source_ids)s::text[],
    %(first_batch_id)s, %(last_batch_id)s, %(excluded_batch_ids)s::bigint[],
    %(excluded_source_ids)s::text[],
    %(quantity_delta_max)s, %(price_delta_max)s, %(timestamp_delta_ms_max)s, %(pnl_delta_limit)s
);

set local enable_hashjoin to default;

set local enable_nestloop to default;

set local work_mem to default;

select
    (
        select count(*)
        from trade.executions
        where business_date = %(business_date)s
    ) as rows_in,
    count(*) as rows_out
from unreconciled_trades;
