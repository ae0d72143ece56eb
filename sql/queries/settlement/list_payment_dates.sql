-- On which dates the new statements are paid.
select distinct payment_date from new_statements order by payment_date
