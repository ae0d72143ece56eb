-- What one run drained: messages read, and rows that are typed and staged.
select
    coalesce(sum(message_count), 0)::bigint as rows_in,
    coalesce(sum(staged_count), 0)::bigint as rows_out
from landing.batches
where run_id = %(run_id)s
