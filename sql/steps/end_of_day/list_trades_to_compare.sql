-- purpose: list the trades of the date that are not plain, and how each is compared: by what the
--          pass over the date joined, or looked up one by one, by the same steps as near real time,
--          with the grace period over. A plain trade has one version on each of three sides, they
--          agree, and it is a match as it stands; it is listed only for a second record.
-- reads: unreconciled_trades (temporary), trade.executions, trade.confirmations,
--        trade.pnl_snapshots, trade.conflicts, recon.single_matches, recon.match_sets,
--        recon.match_set_exceptions, recon.breaks, recon.pending
-- writes: touched_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, silent_source_ids (expect no other side)

drop table if exists pg_temp.touched_trades;

create temporary table touched_trades on commit drop as
select
    %(business_date)s::date as business_date,
    trade_id,
    true as is_grace_over,
    not bool_or(is_doubtful) as is_plain,
    bool_or(is_doubtful) and (bool_or(is_versioned) or not bool_or(is_joined)) as is_looked_up
from (
    select trade_id, true as is_doubtful, false as is_versioned, is_joined
    from unreconciled_trades
    -- a silent source's alone is shown to be counted
    where execution_version is null
       or num_nonnulls(confirmation_version, pnl_snapshot_version) > 0
       or source_id <> all(%(silent_source_ids)s::text[])
    union all
    select trade_id, true, true, false
    from trade.executions
    where business_date = %(business_date)s and version > 1
    union all
    select trade_id, true, true, false
    from trade.confirmations
    where business_date = %(business_date)s and version > 1
    union all
    select trade_id, true, true, false
    from trade.pnl_snapshots
    where business_date = %(business_date)s and version > 1
    union all
    select trade_id, true, false, false
    from recon.single_matches
    where business_date = %(business_date)s
      and (execution_version, confirmation_version, pnl_snapshot_version)
          is distinct from (1, 1, 1)
    union all
    -- those that came after the set
    select trade_id, true, false, false
    from recon.single_matches
    where business_date = %(business_date)s
      and exists (select from recon.match_sets where business_date = %(business_date)s)
    union all
    select trade_id, true, false, false
    from recon.match_set_exceptions
    where business_date = %(business_date)s
    union all
    select trade_id, false, false, false
    from trade.conflicts
    where business_date = %(business_date)s
    union all
    select trade_id, break_type not like 'duplicate%%', false, false
    from recon.breaks
    where business_date = %(business_date)s and status = 'OPEN'
    union all
    select trade_id, true, false, false
    from recon.pending
    where business_date = %(business_date)s
) as listed
group by trade_id
order by trade_id collate "C";

analyze touched_trades (trade_id);

select count(*) as rows_in, count(*) as rows_out
from touched_trades;
