-- Until when trades wait for a missing side.
select trade_id, due_at
from recon.pending
where business_date = %(business_date)s
  and due_at > 'epoch'
