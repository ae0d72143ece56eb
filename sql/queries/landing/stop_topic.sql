-- Stops a feed for a reason, or lets it go on when there is none; how long it stands counts from its
-- first reason.
insert into landing.topics as t (topic, stopped_at, stop_reason)
values (
    %(topic)s,
    case when %(reason)s::text is not null then now() end,
    %(reason)s
)
on conflict (topic) do update
set stopped_at = case when excluded.stop_reason is not null then coalesce(t.stopped_at, now()) end,
    stop_reason = excluded.stop_reason
