-- Instructions and events lie by intended settlement date, charges by trade date. A date's first rows
-- are laid as a table of their own (create table as, in parallel, without a key) and then made the
-- date's partition: constraints and keys are held against all rows at once. Later rows are inserted.

drop function if exists settlement.has_partition(text, date);
drop function if exists settlement.attach_partition(text, text, date);
drop function if exists settlement.merge_partition(text, text, date);

create function settlement.has_partition(p_table text, p_date date)
returns boolean
language sql stable as $$
    select exists (
        select
        from pg_catalog.pg_class as c
        where c.relnamespace = 'settlement'::regnamespace
          and c.relname = format('%s_%s', p_table, to_char(p_date, 'YYYYMMDD'))
    )
$$;
comment on function settlement.has_partition(text, date) is
    'Whether a date has its partition of settlement.instructions, settlement.events (settlement dates) '
    'or settlement.trade_fees (trade dates).';

create function settlement.attach_partition(
    p_table text, p_laid_table text, p_date date
) returns void
language plpgsql as $$
declare
    partition_name constant text :=
        format('%s_%s', p_table, to_char(p_date, 'YYYYMMDD'));
    constraint_list constant text := (
        select string_agg(
            format('add constraint %I %s', conname, pg_get_constraintdef(oid)), ', ' order by conname
        )
        from pg_catalog.pg_constraint
        where conrelid = format('settlement.%I', p_table)::regclass
          and contype in ('c', 'n')
    );
    key_column constant name := (
        select a.attname
        from pg_catalog.pg_partitioned_table as p
        join pg_catalog.pg_attribute as a
            on a.attrelid = p.partrelid
            and a.attnum = p.partattrs[0]
        where p.partrelid = format('settlement.%I', p_table)::regclass
    );
    sampled constant text := current_setting('default_statistics_target');
begin
    if settlement.has_partition(p_table, p_date) then
        execute format('drop table settlement.%I', p_laid_table);
        return;
    end if;
    execute format('alter table settlement.%I rename to %I', p_laid_table, partition_name);
    -- one pass over the rows for all of them
    execute format(
        'alter table settlement.%I %s, add constraint %I check (%I = %L)',
        partition_name, constraint_list, key_column || '_is', key_column, p_date
    );
    execute format(
        'alter table settlement.%I attach partition settlement.%I for values in (%L)',
        p_table, partition_name, p_date
    );
    execute format(
        'create trigger %I before truncate on settlement.%I'
        ' for each statement execute function control.refuse_change()',
        p_table || '_never_emptied', partition_name
    );
    if p_table = 'events' then
        execute format(
            'create trigger events_checked after insert on settlement.%I'
            ' referencing new table as new_rows'
            ' for each statement execute function settlement.check_new_events()',
            partition_name
        );
    end if;
    -- a small sample: enough to be read by several processes, until autovacuum takes a large one
    perform set_config('default_statistics_target', '10', true);
    execute format('analyze settlement.%I', partition_name);
    perform set_config('default_statistics_target', sampled, true);
end
$$;
comment on function settlement.attach_partition(text, text, date) is
    'Makes a laid table the partition of a date, with every constraint, key and trigger. '
    'Where the date has one, the laid table goes.';

create function settlement.merge_partition(
    p_table text, p_laid_table text, p_date date
) returns void
language plpgsql as $$
declare
    partition_name constant text :=
        format('%s_%s', p_table, to_char(p_date, 'YYYYMMDD'));
    column_list constant text := (
        select string_agg(quote_ident(attname), ', ' order by attnum)
        from pg_catalog.pg_attribute
        where attrelid = format('settlement.%I', p_table)::regclass
          and attnum > 0
          and not attisdropped
    );
    copied constant text := 'insert into settlement.%I (%s) select %2$s from settlement.%I';
    timeout constant text := current_setting('lock_timeout');
begin
    if not settlement.has_partition(p_table, p_date) then
        perform settlement.attach_partition(p_table, p_laid_table, p_date);
        return;
    end if;
    begin
        perform set_config('lock_timeout', '2s', true);
        execute format('lock table settlement.%I in access exclusive mode', p_table);
        perform set_config('lock_timeout', timeout, true);
    exception when lock_not_available then
        -- somebody reads on and on: slower, but nobody waits
        execute format(copied, p_table, column_list, p_laid_table);
        execute format('drop table settlement.%I', p_laid_table);
        return;
    end;
    execute format(copied, p_laid_table, column_list, partition_name);
    execute format('alter table settlement.%I detach partition settlement.%I', p_table, partition_name);
    execute format('drop table settlement.%I', partition_name);
    perform settlement.attach_partition(p_table, p_laid_table, p_date);
end
$$;
comment on function settlement.merge_partition(text, text, date) is
    'Adds the rows of a laid table to a date, with every constraint, key and trigger: the rows that the '
    'date has are copied to it, and it takes their partition''s place.';

create or replace function settlement.ensure_partition(p_table text, p_settlement_date date)
returns void
language plpgsql as $$
declare
    laid_table constant text := 'laid_empty_' || p_table;
begin
    if settlement.has_partition(p_table, p_settlement_date) then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('settlement.ensure_partitions'));
    if not settlement.has_partition(p_table, p_settlement_date) then
        execute format('create table settlement.%I (like settlement.%I)', laid_table, p_table);
        perform settlement.attach_partition(p_table, laid_table, p_settlement_date);
    end if;
end
$$;
comment on function settlement.ensure_partition(text, date) is
    'Makes a settlement date''s empty partition of instructions or of events where it is missing.';

create or replace function settlement.ensure_partitions(p_settlement_date date) returns void
language sql as $$
    select settlement.ensure_partition('instructions', p_settlement_date);
    select settlement.ensure_partition('events', p_settlement_date);
$$;
comment on function settlement.ensure_partitions(date) is
    'Makes both partitions of a settlement date where they are missing.';

create or replace function settlement.analyze_partitions(p_settlement_date date) returns void
language plpgsql as $$
declare
    table_name text;
begin
    foreach table_name in array array['instructions', 'events']
    loop
        -- rows are only added: as many pages as were counted are the rows that were counted
        if exists (
            select
            from pg_catalog.pg_class as c
            where c.relnamespace = 'settlement'::regnamespace
              and c.relname = table_name || to_char(p_settlement_date, '"_"YYYYMMDD')
              and (
                  c.relpages < 0.9 * pg_relation_size(c.oid) / 8192
                  or not exists (
                      select
                      from pg_catalog.pg_stats as s
                      where (s.schemaname, s.tablename) = ('settlement', c.relname)
                  )
              )
        ) then
            execute format(
                'analyze settlement.%I', table_name || to_char(p_settlement_date, '"_"YYYYMMDD')
            );
        end if;
    end loop;
end
$$;
comment on function settlement.analyze_partitions(date) is
    'Counts a settlement date''s partitions anew where they have grown: a plan made for a few rows '
    'takes hours for a million.';
