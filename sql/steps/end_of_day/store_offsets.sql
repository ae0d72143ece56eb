-- purpose: keep the counted offsets of the date.
-- reads: counted_offsets (temporary)
-- writes: control.date_offsets
-- rerun: replace the date
-- parameters: business_date

delete from control.date_offsets where business_date = %(business_date)s;

insert into control.date_offsets (
    business_date, topic, partition, end_offset, offset_count, message_count, empty_count,
    lost_count
)
select
    %(business_date)s,
    topic,
    partition,
    end_offset,
    offset_count,
    message_count,
    empty_count,
    lost_count
from counted_offsets;

select coalesce(sum(offset_count), 0) as rows_in, count(*) as rows_out
from counted_offsets;
