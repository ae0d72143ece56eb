-- What must not have been removed or changed.
select what
from forbidden_changes
order by what
limit 20
