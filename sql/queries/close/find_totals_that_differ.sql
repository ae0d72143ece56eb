-- Feeds whose counted totals do not add up.
select feed, received_count, accepted_count, rejected_count, duplicate_count
from counted_totals
where received_count <> accepted_count + rejected_count + duplicate_count
order by feed
