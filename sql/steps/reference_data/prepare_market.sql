-- purpose: make the empty table that the file of mark sources is copied into.
-- reads: the columns of reference.mark_sources
-- writes: loaded_mark_sources (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.loaded_mark_sources;

create temporary table loaded_mark_sources on commit drop as
select source_id, asset_class, effective_from, priority, days_old_max, basis
from reference.mark_sources
with no data;

select 0 as rows_in, 0 as rows_out;
