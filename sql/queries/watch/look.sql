-- What there is to do now, each answered from a few index pages, so that looking often costs nothing.
with free_kinds as (
    select
        kind,
        settle_seconds
    from reference.alert_policies
    where control.next_repeat(kind, %(as_of)s, %(longest_window_s)s) is not null
)
select
    exists (
        select
        from recon.break_events as e
        where e.event_id > (
            select last_event_id from control.positions where reader = 'breaks_topic'
        )
    ) as has_new_events,
    exists (
        select
        from (
            select occurred_at
            from recon.break_events
            where event_id > (
                select last_event_id from control.positions where reader = 'break_alerts'
            )
            order by event_id
            limit 1
        ) as oldest
        join free_kinds as k on k.kind = 'break_opened'
        where oldest.occurred_at <= %(as_of)s - make_interval(secs => k.settle_seconds)
    ) as has_due_breaks,
    exists (
        select
        from control.alert_findings as f
        join free_kinds as k on k.kind = f.kind
        where f.alert_id is null
          and f.found_at <= %(as_of)s - make_interval(secs => k.settle_seconds)
    ) as has_due_findings,
    exists (
        select
        from control.alert_deliveries as d
        where d.next_attempt_at <= %(as_of)s
          and d.delivered_at is null
          and d.given_up_at is null
    ) as has_due_deliveries,
    exists (
        select from outbox.messages where published_at is null
    )
    or exists (
        select from outbox.announcements where published_at is null
    ) as has_unpublished
