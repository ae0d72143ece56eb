-- Accepted records, matches and breaks lie by business date.

create or replace function control.ensure_partitions(p_business_date date) returns void
language plpgsql as $$
-- Attaching instead of "partition of" takes the weaker lock on the parent, so readers of other dates
-- go on. The advisory lock makes a second caller wait and then find the partitions made; it looks into
-- the catalogue with a query, because to_regclass may answer from a cache older than the lock.
declare
    suffix constant text := to_char(p_business_date, 'YYYYMMDD');
    parent record;
begin
    if to_regclass('recon.breaks_' || suffix) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('control.ensure_partitions'));
    for parent in
        select
            parents.schema_name,
            parents.table_name,
            format('%s_%s', parents.table_name, suffix) as partition_name
        from (values
            ('trade', 'executions'), ('trade', 'confirmations'), ('trade', 'pnl_snapshots'),
            ('recon', 'single_matches'), ('recon', 'breaks')
        ) as parents (schema_name, table_name)
        where not exists (
            select
            from pg_catalog.pg_class as c
            where c.relnamespace = parents.schema_name::regnamespace
              and c.relname = format('%s_%s', parents.table_name, suffix)
        )
    loop
        execute format(
            'create table %1$I.%2$I (like %1$I.%3$I including defaults including constraints)',
            parent.schema_name, parent.partition_name, parent.table_name
        );
        execute format(
            'alter table %1$I.%2$I add constraint business_date_is check (business_date = %4$L);'
            'alter table %1$I.%3$I attach partition %1$I.%2$I for values in (%4$L)',
            parent.schema_name, parent.partition_name, parent.table_name, p_business_date
        );
    end loop;
end
$$;
comment on function control.ensure_partitions(date) is
    'Makes the partitions of a business date where they are missing; does nothing where they stand.';
