-- One renderer per business date at a time; held until the session ends.
select pg_advisory_lock(hashtext('report.pack'), (%(business_date)s::date - date '2000-01-01'))
