-- Every version of a date's pack, oldest first.
select version, content_hash, previous_hash, manifest, changes, created_at
from report.versions
where business_date = %(business_date)s
order by version
