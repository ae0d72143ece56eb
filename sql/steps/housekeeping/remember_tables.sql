-- purpose: note every table there is, so that the end of housekeeping can tell what it has lost.
-- reads: pg_catalog
-- writes: known_tables (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.known_tables;

create temporary table known_tables on commit drop as
select c.oid as table_id, n.nspname as schema_name, c.relname as table_name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and n.nspname in (
      'landing', 'staging', 'trade', 'recon', 'books', 'quality', 'control', 'report', 'reference',
      'outbox'
  );

select count(*) as rows_in, count(*) as rows_out
from known_tables;
