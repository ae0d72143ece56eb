-- Batches, the newest first; without a status only those that are not finished. Rejects are counted
-- whoever refused them: the contract, a quality rule, the close or a person.
select
    b.batch_id,
    b.feed,
    b.status,
    b.message_count,
    b.staged_count,
    (
        select count(*)
        from landing.batch_ranges as p
        join landing.rejects as r
            on r.topic = p.topic
            and r.partition = p.partition
            and r.message_offset >= p.first_offset
            and r.message_offset < p.end_offset
        where p.batch_id = b.batch_id
    ) as reject_count,
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
