-- Settlement dates on which fees are owed.
select distinct settlement_date from owed_fees order by settlement_date
