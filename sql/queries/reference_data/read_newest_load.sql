-- What was loaded last.
select fingerprint
from reference.loads
order by load_id desc
limit 1
