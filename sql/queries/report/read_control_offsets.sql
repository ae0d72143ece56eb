-- Offsets of each topic and partition.
select topic, partition, end_offset, offset_count, message_count, empty_count, lost_count
from report.control_offsets
where business_date = %(business_date)s
order by topic collate "C", partition
