select coalesce(max(end_offset), 0) as next_offset
from landing.batch_ranges
