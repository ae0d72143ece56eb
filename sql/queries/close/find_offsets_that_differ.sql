-- Partitions whose offsets are not the messages, the empty and the lost ones.
select topic, partition, offset_count, message_count, empty_count, lost_count
from counted_offsets
where offset_count <> message_count + empty_count + lost_count
order by topic, partition
