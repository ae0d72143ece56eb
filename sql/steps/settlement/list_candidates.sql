-- purpose: list what is due and open on the given settlement dates, beside that to which nothing
--          has happened yet on dates with no or few events, and what of it must not settle.
-- reads: settlement.instructions, settlement.instruction_states, settlement.events,
--        settlement.holds
-- writes: open_instructions, candidate_instructions, withheld_instructions (temporary)
-- rerun: replaces the temporary tables
-- parameters: settlement_dates (with events), sparse_dates (those of them with few events),
--             fresh_dates (without any, or with few)

drop table if exists
    pg_temp.open_instructions, pg_temp.candidate_instructions, pg_temp.withheld_instructions;

create temporary table open_instructions on commit drop as
select instruction_id, settlement_date
from settlement.instructions as i
where settlement_date = any(%(settlement_dates)s::date[])
  and settlement_date <> all(%(sparse_dates)s::date[])
  and not exists (
      select
      from settlement.events as e
      where e.settlement_date = any(%(settlement_dates)s::date[])
        and e.settlement_date = i.settlement_date
        and e.instruction_id = i.instruction_id
        and e.to_state in ('SETTLED', 'CANCELLED')
  )
union all
select distinct instruction_id, settlement_date
from settlement.events
where settlement_date = any(%(sparse_dates)s::date[]);

analyze open_instructions;

create temporary table candidate_instructions on commit drop as
select
    s.instruction_id,
    s.settlement_date,
    s.last_sequence,
    s.state,
    s.settled_quantity,
    s.settled_amount
from open_instructions as o
join settlement.instruction_states as s
    on s.settlement_date = any(%(settlement_dates)s::date[])
    and s.settlement_date = o.settlement_date
    and s.instruction_id = o.instruction_id
where s.state not in ('SETTLED', 'CANCELLED');

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
