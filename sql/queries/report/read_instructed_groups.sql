-- The date's trades as they were instructed, by settlement date and currency; we pay what we receive
-- securities for.
select
    i.settlement_date,
    i.currency,
    count(*) as instruction_count,
    coalesce(sum(i.amount) filter (where i.direction = 'RECEIVE'), 0) as paid_amount,
    coalesce(sum(i.amount) filter (where i.direction = 'DELIVER'), 0) as received_amount
from settlement.instructions as i
where i.business_date = %(business_date)s
  and i.settlement_date between %(business_date)s and %(business_date)s::date + 60
  and i.purpose in ('TRADE', 'ALLOCATION', 'ORDER')
  and not exists (
      select
      from settlement.events as e
      where e.settlement_date = i.settlement_date
        and e.instruction_id = i.instruction_id
        and e.to_state = 'CANCELLED'
  )
group by i.settlement_date, i.currency
order by i.settlement_date, i.currency collate "C"
