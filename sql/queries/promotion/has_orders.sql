-- Whether batches hold orders or answers.
select from staging.orders where batch_id = any(%(batch_ids)s::bigint[])
union all
select from staging.order_responses where batch_id = any(%(batch_ids)s::bigint[])
limit 1
