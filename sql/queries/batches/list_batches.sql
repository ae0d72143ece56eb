-- Batches, the newest first; without a status only those that are not finished.
select
    b.batch_id,
    b.feed,
    b.status,
    b.message_count,
    b.staged_count,
    b.reject_count,
    b.drained_at,
    b.finished_at,
    b.status_reason
from landing.batches as b
where case
    when %(status)s::text is null then b.status not in ('RECONCILED', 'REJECTED')
    else b.status = %(status)s
end
order by b.batch_id desc
limit %(row_limit)s
