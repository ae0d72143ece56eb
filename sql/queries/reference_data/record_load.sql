-- The same input is not loaded again.
insert into reference.loads (fingerprint, row_count)
values (%(fingerprint)s, %(row_count)s)
