-- Files of the date's versions that somebody decided to go on without.
select version, file_name
from report.lost_files
where business_date = %(business_date)s
