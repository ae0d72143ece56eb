-- Single figures; instants as seconds since 1970, null where there is nothing yet.
select
    (select count(*) from recon.pending) as pending_trades,
    (select extract(epoch from min(due_at))::float8 from recon.pending where due_at > 'epoch')
        as oldest_due_at,
    (select extract(epoch from max(created_at))::float8 from report.versions) as last_close_at,
    (
        select extract(epoch from max(business_date)::timestamp)::float8
        from report.versions
    ) as last_closed_date,
    (select count(*) from outbox.messages where published_at is null)
    + (
        select coalesce(sum(message_count), 0)::bigint
        from outbox.announcements
        where published_at is null
    ) as outbox_waiting,
    (
        select extract(epoch from now() - min(created_at))::float8
        from (
            select created_at from outbox.messages where published_at is null
            union all
            select created_at from outbox.announcements where published_at is null
        ) as waiting
    ) as outbox_oldest_seconds,
    (
        select extract(epoch from last_round_at)::float8
        from control.watch_rounds
        where watch = 'round'
    ) as watch_round_at,
    (
        select extract(epoch from max(finished_at))::float8
        from control.step_runs
        where step = 'trade_capture/drain_feeds'
          and outcome = 'DONE'
          and started_at > now() - interval '1 day'
    ) as last_drain_at
