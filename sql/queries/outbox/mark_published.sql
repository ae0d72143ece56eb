-- The broker has these.
update outbox.messages
set published_at = now()
where outbox_id = any(%(outbox_ids)s::bigint[])
