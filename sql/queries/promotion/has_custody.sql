-- Whether batches hold statuses of instructions or lines of statements.
select from staging.settlement_statuses where batch_id = any(%(batch_ids)s::bigint[])
union all
select from staging.statement_lines where batch_id = any(%(batch_ids)s::bigint[])
limit 1
