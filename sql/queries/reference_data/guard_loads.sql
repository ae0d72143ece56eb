-- The tables that the files are copied into take over the checks and keys of what they are merged into:
-- a wrong word, or the same key twice, is found where it is copied, and the line is known.
do $$
declare
    guard record;
begin
    for guard in
        select
            l.oid::regclass as loaded_table,
            c.conname,
            -- what a file leaves empty may have a default
            replace(pg_get_constraintdef(c.oid), 'PRIMARY KEY', 'UNIQUE') as definition
        from pg_class as l
        join pg_class as t
            on l.relname = 'loaded_' || t.relname
            and t.relnamespace = 'reference'::regnamespace
        join pg_constraint as c on c.conrelid = t.oid and c.contype in ('c', 'p', 'u')
        where l.relnamespace = pg_my_temp_schema()
          and not exists (
              select from pg_constraint as own
              where (own.conrelid, own.conname) = (l.oid, c.conname)
          )
          -- of the columns that the file has
          and not exists (
              select
              from pg_attribute as a
              where a.attrelid = t.oid
                and a.attnum = any(c.conkey)
                and not exists (
                    select from pg_attribute as own
                    where (own.attrelid, own.attname) = (l.oid, a.attname)
                )
          )
    loop
        execute format(
            'alter table %s add constraint %I %s',
            guard.loaded_table, guard.conname, guard.definition
        );
    end loop;
end
$$
