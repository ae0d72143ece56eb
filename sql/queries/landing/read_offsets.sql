-- Where the next drain of each partition begins: as stored, and what to take from it for Kafka's offset.
select
    topic,
    partition,
    next_offset,
    offset_base
from landing.offsets
