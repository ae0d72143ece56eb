-- purpose: drop the raw messages of days that are older than the policy keeps, whole partitions;
--          a day of which a batch is not finished stays.
-- reads: reference.retention_policies, landing.batches
-- writes: landing.message_blocks (its partitions), landing.dropped_ranges
-- rerun: finds nothing left
-- parameters: as_of

drop table if exists pg_temp.dropped_days;

create temporary table dropped_days on commit drop as
select d.*
from reference.retention_policies as p
cross join landing.drop_message_partitions(
    (%(as_of)s::timestamptz at time zone 'UTC')::date - p.keep_days
) as d
where p.subject = 'landing.messages';

select count(*) as rows_in, coalesce(sum(message_count), 0) as rows_out
from dropped_days;
