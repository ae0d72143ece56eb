-- Messages refused, by feed, stage and reason, in a range of rejects.
select
    feed,
    stage,
    reason,
    count(*) as rejects
from landing.rejects
where reject_id > %(after_id)s
  and reject_id <= %(up_to_id)s
group by feed, stage, reason
