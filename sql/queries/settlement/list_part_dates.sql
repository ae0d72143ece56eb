-- Settlement dates of the parts to be instructed.
select distinct settlement_date from missing_parts order by settlement_date
