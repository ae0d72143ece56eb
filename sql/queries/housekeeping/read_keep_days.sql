-- For how many days a subject is kept; null where no policy says so: then for ever.
select keep_days
from reference.retention_policies
where subject = %(subject)s
