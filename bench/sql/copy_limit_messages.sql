copy limit_messages (topic, partition, message_offset, payload) from stdin (format binary)
