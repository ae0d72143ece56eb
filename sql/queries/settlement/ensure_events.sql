-- A settlement date's partition of events.
select settlement.ensure_partition('events', %(settlement_date)s)
