-- purpose: list the trades of the date that are compared one by one, by the same steps as near real
--          time, with the grace period over. Every trade that is not on the list is plain: one
--          version on each of three sides, they agree, and it is a match as it stands.
-- reads: unreconciled_trades (temporary), trade.executions, trade.confirmations,
--        trade.pnl_snapshots, trade.conflicts, recon.single_matches, recon.match_sets,
--        recon.match_set_exceptions, recon.breaks, recon.pending
-- writes: touched_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.touched_trades;

create temporary table touched_trades on commit drop as
select
    %(business_date)s::date as business_date,
    trade_id,
    true as is_grace_over
from (
    select trade_id
    from unreconciled_trades
    union
    select trade_id
    from trade.executions
    where business_date = %(business_date)s and version > 1
    union
    select trade_id
    from trade.confirmations
    where business_date = %(business_date)s and version > 1
    union
    select trade_id
    from trade.pnl_snapshots
    where business_date = %(business_date)s and version > 1
    union
    select trade_id
    from recon.single_matches
    where business_date = %(business_date)s
      and (execution_version, confirmation_version, pnl_snapshot_version)
          is distinct from (1, 1, 1)
    union
    -- those that came after the set
    select trade_id
    from recon.single_matches
    where business_date = %(business_date)s
      and exists (select from recon.match_sets where business_date = %(business_date)s)
    union
    select trade_id
    from recon.match_set_exceptions
    where business_date = %(business_date)s
    union
    select trade_id
    from trade.conflicts
    where business_date = %(business_date)s
    union
    select trade_id
    from recon.breaks
    where business_date = %(business_date)s and status = 'OPEN'
    union
    select trade_id
    from recon.pending
    where business_date = %(business_date)s
) as listed
order by trade_id collate "C";

analyze touched_trades;

select count(*) as rows_in, count(*) as rows_out
from touched_trades;
