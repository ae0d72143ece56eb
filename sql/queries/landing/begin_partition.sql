-- Nothing of the partition was drained, and its offsets begin at 0: what lies before the first one
-- that is still there counts as lost.
insert into landing.offsets (topic, partition, next_offset)
values (%(topic)s, %(partition)s, 0)
on conflict (topic, partition) do nothing
