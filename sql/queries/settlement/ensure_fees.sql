-- A business date's partition of fees.
select settlement.ensure_fee_partition(%(business_date)s)
