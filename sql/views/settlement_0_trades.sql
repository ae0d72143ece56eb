-- Trades as settlement sees them. (Its place in the order of names: other views of settlement use it.)

create or replace view settlement.matched_executions as
select e.*
from recon.single_matches as m
join trade.executions as e
    on e.business_date = m.business_date
    and e.trade_id = m.trade_id
    and e.version = m.execution_version
where e.status <> 'CANCELLED'
union all
select e.*
from recon.match_sets as s
join trade.executions as e on e.business_date = s.business_date
where e.version = 1
  and e.status <> 'CANCELLED'
  and e.batch_id between s.first_batch_id and s.last_batch_id
  and e.batch_id <> all(s.excluded_batch_ids)
  and e.source_id <> all(s.excluded_source_ids)
  and not exists (
      select
      from recon.match_set_exceptions as x
      where x.business_date = e.business_date
        and x.trade_id = e.trade_id
  );
comment on view settlement.matched_executions is
    'The versions that recon.matches names, with all their terms; what a set of matches names is read '
    'once. Ask by business_date.';
