-- Raw messages leave by whole days, and only when nothing needs them any more.

create or replace function landing.drop_message_partitions(p_before date)
returns table (received_on date, message_count bigint)
language plpgsql as $$
-- A day stays while a batch that was drained on it, or before, is not finished: it may have to be tried
-- again. The lock on the parent is waited for briefly only, because the drain needs it too.
declare
    day record;
begin
    perform set_config('lock_timeout', '5s', true);
    for day in
        select
            c.oid,
            c.relname,
            to_date(right(c.relname, 8), 'YYYYMMDD') as received_on
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'landing.message_blocks'::regclass
          and c.relname ~ '^message_blocks_[0-9]{8}$'
        order by c.relname
    loop
        continue when day.received_on >= p_before;
        continue when exists (
            select
            from landing.batches as b
            where b.status not in ('RECONCILED', 'REJECTED')
              and (b.drained_at at time zone 'UTC')::date <= day.received_on + 1
        );
        received_on := day.received_on;
        execute format(
            'insert into landing.dropped_ranges (batch_id, topic, partition, message_count,'
            ' received_on) select batch_id, topic, partition, sum(message_count), %L from landing.%I'
            ' group by batch_id, topic, partition',
            day.received_on, day.relname
        );
        select coalesce(sum(r.message_count), 0) into message_count
        from landing.dropped_ranges as r
        where r.received_on = day.received_on;
        execute format('drop table landing.%I', day.relname);
        return next;
    end loop;
end
$$;
comment on function landing.drop_message_partitions(date) is
    'Drops the raw messages of every finished day before a date, and notes how many they were.';
