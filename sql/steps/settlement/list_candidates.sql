-- purpose: list what is due and open on the given settlement dates, beside those dates of which
--          nothing has happened yet, and what of it must not settle.
-- reads: settlement.instruction_states, settlement.events, settlement.holds
-- writes: candidate_instructions, withheld_instructions (temporary)
-- rerun: replaces the temporary tables
-- parameters: settlement_dates (with events), fresh_dates (without any)

drop table if exists pg_temp.candidate_instructions, pg_temp.withheld_instructions;

create temporary table candidate_instructions on commit drop as
select
    instruction_id,
    settlement_date,
    last_sequence,
    state,
    settled_quantity,
    settled_amount
from settlement.instruction_states as s
where settlement_date = any(%(settlement_dates)s::date[])
  and state not in ('SETTLED', 'CANCELLED')
  -- the same once more: what has ended is left out before anything is asked of it
  and not exists (
      select
      from settlement.events as e
      where e.settlement_date = any(%(settlement_dates)s::date[])
        and e.settlement_date = s.settlement_date
        and e.instruction_id = s.instruction_id
        and e.to_state in ('SETTLED', 'CANCELLED')
  );

analyze candidate_instructions;

create temporary table withheld_instructions on commit drop as
select
    instruction_id,
    settlement_date,
    min(cause) as cause
from settlement.holds
where released_act_id is null
  and settlement_date = any(%(settlement_dates)s::date[] || %(fresh_dates)s::date[])
group by instruction_id, settlement_date;

analyze withheld_instructions;

select
    (select count(*) from candidate_instructions) as rows_in,
    (select count(*) from withheld_instructions) as rows_out;
