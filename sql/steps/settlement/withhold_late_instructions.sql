-- purpose: withhold what was not known yet on the day that is settled: nothing of it settles then,
--          and nothing fails.
-- reads: settlement.late_instructions
-- writes: withheld_instructions (temporary)
-- rerun: append once: what is withheld stays so
-- parameters: effective_on, settlement_dates, fresh_dates

insert into withheld_instructions (instruction_id, settlement_date, cause)
select instruction_id, settlement_date, 'not_known_yet'
from settlement.late_instructions as l
where l.settlement_date = any(%(settlement_dates)s::date[] || %(fresh_dates)s::date[])
  and l.counts_from > %(effective_on)s
  and not exists (
      select from withheld_instructions as w where w.instruction_id = l.instruction_id
  );

select
    (select count(*) from withheld_instructions) as rows_in,
    (select count(*) from withheld_instructions where cause = 'not_known_yet') as rows_out;
