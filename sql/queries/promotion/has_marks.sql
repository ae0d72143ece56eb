-- Whether batches hold marks.
select from staging.marks where batch_id = any(%(batch_ids)s::bigint[]) limit 1
