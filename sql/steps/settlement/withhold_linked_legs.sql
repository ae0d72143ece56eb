-- purpose: withhold, of a bilateral net, every leg between two parties in a currency of which one
--          is withheld: deliveries and payment settle together or not at all.
-- reads: candidate_instructions, withheld_instructions (temporary), settlement.net_legs,
--        settlement.net_instructions
-- writes: withheld_instructions (temporary)
-- rerun: a leg that is withheld is not withheld twice
-- parameters: settlement_dates

insert into withheld_instructions (instruction_id, settlement_date, cause)
select l.instruction_id, l.settlement_date, 'linked_leg_withheld'
from settlement.net_legs as l
join settlement.net_legs as w
    on w.netted_on = any(%(settlement_dates)s::date[])
    and w.settlement_date = l.settlement_date
    and (w.net_instruction_id, w.house_account_id, w.counterparty_account_id, w.currency)
    = (l.net_instruction_id, l.house_account_id, l.counterparty_account_id, l.currency)
join withheld_instructions as h
    on h.settlement_date = w.settlement_date
    and h.instruction_id = w.instruction_id
where l.netted_on = any(%(settlement_dates)s::date[])
  and l.netting_method = 'BILATERAL'
  and l.state not in ('SETTLED', 'CANCELLED')
  and not exists (select from withheld_instructions as w where w.instruction_id = l.instruction_id)
group by l.instruction_id, l.settlement_date;

select
    (select count(*) from candidate_instructions) as rows_in,
    (select count(*) from withheld_instructions) as rows_out;
