-- What a check of reference data demands.
select pg_get_expr(c.conbin, c.conrelid)
from pg_constraint as c
where c.connamespace = 'reference'::regnamespace
  and c.conname = %(constraint_name)s
limit 1
