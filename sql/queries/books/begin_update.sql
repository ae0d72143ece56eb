-- An update of the books: all it writes is known since now.
insert into books.updates (business_date, run_id)
values (%(business_date)s, %(run_id)s)
returning update_id
