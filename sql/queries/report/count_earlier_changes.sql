-- Changes of the flows of earlier dates that this snapshot sees.
select count(*) as earlier_change_count
from books.flow_changes
where business_date < %(business_date)s
