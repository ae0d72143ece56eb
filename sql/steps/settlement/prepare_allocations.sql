-- purpose: make the empty table that a file of allocations is copied into.
-- reads: the columns of trade.allocations
-- writes: loaded_allocations (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.loaded_allocations;

create temporary table loaded_allocations on commit drop as
select business_date, trade_id, account, quantity, source_line
from trade.allocations
with no data;

select 0 as rows_in, 0 as rows_out;
