-- Where the next drain of each partition begins.
select
    topic,
    partition,
    next_offset
from landing.offsets
