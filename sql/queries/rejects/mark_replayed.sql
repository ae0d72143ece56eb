-- The repaired messages of these rejects are on the broker.
update landing.rejects
set replayed_at = now()
where reject_id = any(%(reject_ids)s::bigint[])
