-- purpose: note the nets out of which something was just taken, so that they are netted anew: from
--          the day on which that was known.
-- reads: judged_instructions (temporary), settlement.events
-- writes: settlement.touched_nets
-- rerun: a net that is noted twice is looked at once
-- parameters: known_on

insert into settlement.touched_nets (net_instruction_id, known_on)
select distinct e.net_instruction_id, %(known_on)s::date
from judged_instructions as j
join settlement.events as e
    on e.settlement_date = j.settlement_date
    and e.instruction_id = j.instruction_id
    and e.kind = 'NETTED'
where j.cancel_cause is not null
  and j.has_settled
  and not exists (
      select
      from settlement.touched_nets as t
      where t.net_instruction_id = e.net_instruction_id
        and t.known_on <= %(known_on)s
  );

select
    (select count(*) from judged_instructions where cancel_cause is not null) as rows_in,
    (select count(*) from settlement.touched_nets) as rows_out;
