-- Where each partition is drained up to, and what its stored offsets are ahead of Kafka's.
select
    topic,
    partition,
    next_offset,
    offset_base
from landing.offsets
