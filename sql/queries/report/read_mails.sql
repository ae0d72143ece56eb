-- Who was sent this version already.
select recipient
from report.mails
where business_date = %(business_date)s
  and version = %(version)s
order by recipient collate "C"
