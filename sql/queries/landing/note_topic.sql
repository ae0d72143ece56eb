-- Keeps which topic it is that is drained under a name.
insert into landing.topics (topic, topic_id, identified_at)
values (%(topic)s, %(topic_id)s, now())
on conflict (topic) do update
set topic_id = excluded.topic_id,
    identified_at = excluded.identified_at
