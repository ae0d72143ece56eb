select settlement.ensure_partitions(%(settlement_date)s)
