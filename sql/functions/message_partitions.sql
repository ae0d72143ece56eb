-- Raw messages lie by the day they arrived, so that retention drops whole days.

create or replace function landing.ensure_message_partition(p_received_on date) returns void
language plpgsql as $$
-- Attaching instead of "partition of" takes the weaker lock on the parent; the advisory lock makes a
-- second caller wait and then find the partition made. It looks into the catalogue with a query:
-- to_regclass may answer from a cache that is older than the lock. A block fills a page, so nothing
-- that fits on one is moved out of its row.
declare
    partition_name constant text := 'message_blocks_' || to_char(p_received_on, 'YYYYMMDD');
begin
    if to_regclass(format('landing.%I', partition_name)) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('landing.ensure_message_partition'));
    if exists (
        select
        from pg_catalog.pg_class as c
        where c.relnamespace = 'landing'::regnamespace
            and c.relname = partition_name
    ) then
        return;
    end if;
    execute format(
        'create table landing.%I (like landing.message_blocks including defaults'
        ' including constraints including storage) with (toast_tuple_target = 8160)',
        partition_name
    );
    execute format(
        'alter table landing.%1$I add constraint received_on_range'
        ' check (received_on >= %2$L and received_on < %3$L)',
        partition_name, p_received_on, p_received_on + 1
    );
    execute format(
        'alter table landing.message_blocks attach partition landing.%1$I'
        ' for values from (%2$L) to (%3$L)',
        partition_name, p_received_on, p_received_on + 1
    );
end
$$;
comment on function landing.ensure_message_partition(date) is
    'Makes the partition of landing.message_blocks for a UTC date where it is missing.';
