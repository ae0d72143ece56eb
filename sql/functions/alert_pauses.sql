-- Messages of one kind come in growing pauses, and in the first ones again after a quiet time.

create or replace function control.next_repeat(
    alert_kind text, as_of timestamptz, longest_window_s integer
) returns integer language sql stable as $$
-- The repeat number of a message of the kind that is raised now; null while its pause lasts.
select
    case
        when last.raised_at is null then 0
        when as_of < last.raised_at + pauses.pause then null
        when as_of < last.raised_at + 2 * pauses.pause then last.repeat_number + 1
        else 0
    end
from reference.alert_policies as p
left join lateral (
    select
        a.raised_at,
        a.repeat_number
    from control.alerts as a
    where a.kind = p.kind
      and a.resolves_alert_id is null
    order by a.raised_at desc
    limit 1
) as last on true
cross join lateral (
    select
        make_interval(
            secs => least(
                p.window_seconds * power(2, least(coalesce(last.repeat_number, 0), 30)),
                greatest(p.window_seconds, longest_window_s)
            )
        ) as pause
) as pauses
where p.kind = alert_kind
$$;
