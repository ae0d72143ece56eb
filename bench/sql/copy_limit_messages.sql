copy limit_messages (
    topic, partition, message_offset, message_at, message_key, headers, payload
) from stdin (format binary)
