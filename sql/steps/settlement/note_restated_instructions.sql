-- purpose: note what was just instructed in the place of what had settled and was taken back: it
--          counts from the day on which it was known, as what it replaces stands until then.
-- reads: judged_instructions (temporary), settlement.instructions, settlement.events
-- writes: settlement.late_instructions
-- rerun: append once, by instruction
-- parameters: late_dates (intended before known_on), first_made_id, known_on

insert into settlement.late_instructions (instruction_id, settlement_date, counts_from)
select i.instruction_id, i.settlement_date, %(known_on)s
from settlement.instructions as i
where i.settlement_date = any(%(late_dates)s::date[])
  and i.instruction_id >= %(first_made_id)s
  and (i.business_date, i.subject_id) in (
      select j.business_date, j.trade_id
      from judged_instructions as j
      join settlement.events as e
          on e.settlement_date = j.settlement_date
          and e.instruction_id = j.instruction_id
          and e.kind = 'REVERSAL'
  )
on conflict do nothing;

select
    (select count(*) from judged_instructions) as rows_in,
    (
        select count(*)
        from settlement.late_instructions
        where settlement_date = any(%(late_dates)s::date[])
          and instruction_id >= %(first_made_id)s
    ) as rows_out;
