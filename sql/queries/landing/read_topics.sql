-- The topics that are known: which ones they are, and which are stopped.
select
    topic,
    topic_id,
    generation,
    identified_at,
    stopped_at,
    stop_reason
from landing.topics
order by topic
