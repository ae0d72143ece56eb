-- What a drain begins with: today's UTC date and the batches that are not finished, oldest first.
select
    (now() at time zone 'UTC')::date as received_on,
    coalesce(
        (
            select array_agg(batch_id order by batch_id)
            from landing.batches
            where status in ('DRAINED', 'VALIDATED', 'PROMOTED')
        ),
        '{}'
    ) as unfinished_batch_ids
