-- purpose: take the trades that reconciliations looked at since the last call: whatever became of
--          them, their instructions have to follow.
-- reads: settlement.touched_trades
-- writes: settling_trades (temporary), settlement.touched_trades
-- rerun: replaces the temporary table; what is taken is gone when this transaction ends well
-- parameters: none

drop table if exists pg_temp.settling_trades;

create temporary table settling_trades (
    business_date date not null,
    trade_id text not null,
    primary key (business_date, trade_id)
) on commit drop;

with taken as (
    delete from settlement.touched_trades
    returning business_date, trade_id
)
insert into settling_trades (business_date, trade_id)
select distinct business_date, trade_id
from taken;

analyze settling_trades;

select count(*) as rows_in, count(*) as rows_out
from settling_trades;
