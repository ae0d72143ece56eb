-- The day's partition of the raw messages, made when it is missing.
select landing.ensure_message_partition(%(received_on)s)
