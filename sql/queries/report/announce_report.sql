-- A message about a new version of a pack; told once, whoever asks again.
insert into outbox.messages (message_id, topic, message_key, payload)
values (%(message_id)s, %(topic)s, %(message_key)s, %(payload)s)
on conflict (message_id) do nothing
