-- Flows up to this date are built.
delete from books.stale_dates
where business_date <= %(business_date)s
