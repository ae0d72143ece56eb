-- Business dates of the trades to look at.
select distinct business_date from settling_trades order by business_date
