-- Messages of a date that were promoted, batches on their way, and trades that wait for a side.
select
    (
        select coalesce(sum(received_count), 0)::bigint
        from control.received_counts
        where business_date = %(business_date)s
    ) as received_count,
    (
        select count(*)
        from landing.batches
        where status in ('DRAINED', 'VALIDATED', 'PROMOTED')
    ) as unfinished_count,
    (
        select count(*)
        from recon.pending
        where business_date = %(business_date)s
    ) as waiting_count
