-- Statistics of a settlement date, before it is settled as a set.
select settlement.analyze_partitions(%(settlement_date)s)
