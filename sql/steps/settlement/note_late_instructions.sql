-- purpose: note what was just instructed for a date that was settled before it came: it counts from
--          the day on which it was known.
-- reads: settlement.instructions, settlement.cycles
-- writes: settlement.late_instructions
-- rerun: append once, by instruction
-- parameters: late_dates (intended before known_on), first_made_id, known_on

insert into settlement.late_instructions (instruction_id, settlement_date, counts_from)
select instruction_id, settlement_date, %(known_on)s
from settlement.instructions
where settlement_date = any(%(late_dates)s::date[])
  and instruction_id >= %(first_made_id)s
  and settlement_date <= (select max(last_effective_on) from settlement.cycles)
on conflict do nothing;

select
    (
        select count(*)
        from settlement.instructions
        where settlement_date = any(%(late_dates)s::date[])
          and instruction_id >= %(first_made_id)s
    ) as rows_in,
    (
        select count(*)
        from settlement.late_instructions
        where settlement_date = any(%(late_dates)s::date[])
          and instruction_id >= %(first_made_id)s
    ) as rows_out;
