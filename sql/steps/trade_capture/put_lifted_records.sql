-- purpose: give lifted records their place: moving ones the execution's date, the others the date
--          that they had.
-- reads: lifted_records, moving_records (temporary); the columns of staging.confirmations,
--        staging.pnl_snapshots
-- writes: moved_confirmations, moved_pnl_snapshots (temporary)
-- rerun: replaces the temporary rows
-- parameters: none

truncate pg_temp.moved_confirmations, pg_temp.moved_pnl_snapshots;

with placed as (
    select
        l.record_type,
        -- a stored record has lost what only staging knows; none of it takes part in a comparison
        jsonb_build_object(
            'feed', l.content ->> 'topic',
            'message_at', l.content ->> 'recorded_at',
            'is_date_stated', m.to_date is null
        )
        || l.content
        || jsonb_build_object(
            'business_date', coalesce(m.to_date::text, l.content ->> 'business_date')
        ) as content
    from lifted_records as l
    left join moving_records as m
        on m.topic = l.content ->> 'topic'
        and m.partition = (l.content ->> 'partition')::integer
        and m.message_offset = (l.content ->> 'message_offset')::bigint
),
confirmations as (
    insert into moved_confirmations
    select r.*
    from placed as p
    cross join lateral jsonb_populate_record(null::staging.confirmations, p.content) as r
    where p.record_type = 'confirmation'
)
insert into moved_pnl_snapshots
select r.*
from placed as p
cross join lateral jsonb_populate_record(null::staging.pnl_snapshots, p.content) as r
where p.record_type = 'pnl_snapshot';

select
    (select count(*) from lifted_records) as rows_in,
    (select count(*) from moved_confirmations) + (select count(*) from moved_pnl_snapshots)
        as rows_out;
