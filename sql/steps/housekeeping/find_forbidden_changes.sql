-- purpose: find what this transaction removed or changed and must not: everything but the few
--          tables that retention is for. Whoever calls rolls back when there is anything.
-- reads: known_tables (temporary), pg_catalog
-- writes: forbidden_changes (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.forbidden_changes;

create temporary table forbidden_changes on commit drop as
select format('%%I.%%I is gone', k.schema_name, k.table_name) as what
from known_tables as k
where not (k.schema_name = 'landing' and k.table_name ~ '^message_blocks_[0-9]{8}$')
  and not exists (select from pg_catalog.pg_class as c where c.oid = k.table_id)
union all
select format(
    '%%s rows of %%I.%%I deleted, %%s changed', s.n_tup_del, s.schemaname, s.relname, s.n_tup_upd
)
from pg_catalog.pg_stat_xact_user_tables as s
join known_tables as k on k.table_id = s.relid
where (s.n_tup_del > 0 or s.n_tup_upd > 0)
  and not (
      s.schemaname = 'staging'
      or (s.schemaname, s.relname) in (
          ('landing', 'message_blocks_default'), ('quality', 'results'), ('control', 'step_runs'),
          ('outbox', 'messages'), ('outbox', 'announcements')
      )
  );

select (select count(*) from known_tables) as rows_in, count(*) as rows_out
from forbidden_changes;
