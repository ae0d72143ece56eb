-- Every match of every date, however it is stored.

create or replace view recon.matches as
select
    business_date,
    trade_id,
    execution_version,
    confirmation_version,
    pnl_snapshot_version,
    run_id,
    matched_at
from recon.single_matches
union all
select
    e.business_date,
    e.trade_id,
    1,
    1,
    1,
    s.run_id,
    s.matched_at
from recon.match_sets as s
join trade.executions as e on e.business_date = s.business_date
where e.version = 1
  and e.batch_id between s.first_batch_id and s.last_batch_id
  and e.batch_id <> all(s.excluded_batch_ids)
  and e.source_id <> all(s.excluded_source_ids)
  and not exists (
      select
      from recon.match_set_exceptions as x
      where x.business_date = e.business_date
        and x.trade_id = e.trade_id
  );
comment on view recon.matches is
    'Trades whose terms agree on every expected side (reconciled = true), with the versions that '
    'agree. A newer version of any side removes the row and the trade is compared again.';

create trigger matches_changed instead of insert or update or delete on recon.matches
    for each row execute function recon.change_match();
