-- How many trades of a date may be instructed at most.
select count(*) from trade.executions where business_date = %(business_date)s
