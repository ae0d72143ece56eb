-- Control totals of each feed, over all closed dates.
select
    feed,
    sum(received_count)::bigint as received_count,
    sum(accepted_count)::bigint as accepted_count,
    sum(rejected_count)::bigint as rejected_count,
    sum(duplicate_count)::bigint as duplicate_count
from control.date_totals
group by feed
