-- A stopped batch goes on where it was stopped: before its rules were checked, or after it passed
-- them, when rows that broke one have left already.
update landing.batches as b
set status = case
        when (
            select r.worst_severity is distinct from 'stop' and r.errored_count = 0
            from quality.results as r
            where r.batch_id = b.batch_id
            order by r.result_id desc
            limit 1
        ) then 'VALIDATED'
        else 'DRAINED'
    end,
    dates_allowed = b.dates_allowed or %(allow_dates)s,
    status_reason = null
where b.batch_id = %(batch_id)s
returning b.status
