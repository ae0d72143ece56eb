-- purpose: make the empty list of the holdings that this update of the books changes.
-- reads: nothing
-- writes: changed_holdings (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.changed_holdings;

create temporary table changed_holdings (holding_id integer primary key) on commit drop;

select 0 as rows_in, 0 as rows_out;
