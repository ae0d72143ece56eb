-- The broker has every message of these announcements that there is.
update outbox.announcements as a
set published_at = now(),
    withdrawn_count = done.withdrawn_count
from unnest(%(announcement_ids)s::bigint[], %(withdrawn_counts)s::integer[])
    as done (announcement_id, withdrawn_count)
where a.announcement_id = done.announcement_id
