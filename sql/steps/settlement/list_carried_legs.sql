-- purpose: list the legs of earlier nets of a central counterparty that failed and are still open:
--          the net of the day takes them up.
-- reads: candidate_instructions, withheld_instructions (temporary), settlement.instructions,
--        settlement.net_instructions
-- writes: carried_legs (temporary)
-- rerun: replaces the temporary table
-- parameters: settlement_dates, effective_on

drop table if exists pg_temp.carried_legs;

create temporary table carried_legs on commit drop as
select
    c.instruction_id,
    c.settlement_date,
    c.last_sequence,
    c.state,
    n.agreement,
    n.method as netting_method,
    n.centre_account_id
from candidate_instructions as c
join settlement.instructions as i
    on i.settlement_date = any(%(settlement_dates)s::date[])
    and i.settlement_date = c.settlement_date
    and i.instruction_id = c.instruction_id
    and i.purpose = 'NET'
join settlement.net_instructions as n on n.net_instruction_id = i.subject_id::bigint
where n.method = 'CENTRAL'
  and c.settlement_date < %(effective_on)s
  and c.state in ('FAILING', 'PARTIALLY_SETTLED')
  and not exists (
      select
      from withheld_instructions as w
      where w.instruction_id = c.instruction_id
  );

select
    (select count(*) from candidate_instructions) as rows_in,
    (select count(*) from carried_legs) as rows_out;
