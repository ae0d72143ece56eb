-- How many trades may be instructed at most.
select count(*) from wanted_trades
