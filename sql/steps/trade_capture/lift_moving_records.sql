-- purpose: take moving records from where they stand, and with them every record of their kind and
--          trade at both places: promoted anew in order of arrival, they come to stand as if the
--          execution had been known from the start.
-- reads: moving_records (temporary), trade.conflicts
-- writes: trade.confirmations, trade.pnl_snapshots, trade.conflicts (rows removed),
--         lifted_records (temporary)
-- rerun: nothing is left to take
-- parameters: business_dates (every date that records move from or to)

drop table if exists pg_temp.lifted_records, pg_temp.unsettled_places;

set local posttrade.records_leave to on;

create temporary table lifted_records (
    record_type text not null,
    content jsonb not null
) on commit drop;

create temporary table unsettled_places on commit drop as
select record_type, trade_id, from_date as business_date
from moving_records
union
select record_type, trade_id, to_date
from moving_records;

with lifted as (
    delete from trade.confirmations as c
    using unsettled_places as u
    where c.business_date = any(%(business_dates)s::date[])
      and c.business_date = u.business_date
      and c.trade_id = u.trade_id
      and u.record_type = 'confirmation'
    returning c.*
)
insert into lifted_records (record_type, content)
select 'confirmation', to_jsonb(l)
from lifted as l;

with lifted as (
    delete from trade.pnl_snapshots as p
    using unsettled_places as u
    where p.business_date = any(%(business_dates)s::date[])
      and p.business_date = u.business_date
      and p.trade_id = u.trade_id
      and u.record_type = 'pnl_snapshot'
    returning p.*
)
insert into lifted_records (record_type, content)
select 'pnl_snapshot', to_jsonb(l)
from lifted as l;

with lifted as (
    delete from trade.conflicts as f
    using unsettled_places as u
    where f.business_date = u.business_date
      and f.trade_id = u.trade_id
      and f.record_type = u.record_type
    returning f.*
)
insert into lifted_records (record_type, content)
select record_type, content || jsonb_build_object('business_date', business_date)
from lifted;

set local posttrade.records_leave to off;

select (select count(*) from moving_records) as rows_in, count(*) as rows_out
from lifted_records;
