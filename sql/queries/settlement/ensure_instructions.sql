-- A settlement date's partition of instructions.
select settlement.ensure_partition('instructions', %(settlement_date)s)
