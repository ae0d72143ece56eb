-- purpose: withhold what is due in markets whose settlement calendar is closed on the day: nothing
--          settles there, and nothing fails; it is carried to the next day on which it is open.
-- reads: candidate_instructions (temporary), settlement.instructions, settlement.events,
--        reference.markets, reference.calendar_days
-- writes: withheld_instructions, closed_instructions (temporary)
-- rerun: append once: what is withheld stays so
-- parameters: effective_on, settlement_dates, fresh_dates

drop table if exists pg_temp.closed_markets, pg_temp.closed_instructions;

create temporary table closed_markets on commit drop as
select m.market_id
from reference.markets as m
join reference.calendar_days as d
    on d.calendar_id = m.settlement_calendar
    and d.calendar_date = %(effective_on)s
where not d.is_business_day;

analyze closed_markets;

create temporary table closed_instructions on commit drop as
select i.instruction_id, i.settlement_date
from settlement.instructions as i
join closed_markets as m using (market_id)
where i.settlement_date = any(%(settlement_dates)s::date[])
  and (i.instruction_id, i.settlement_date) in (
      select instruction_id, settlement_date from candidate_instructions
  )
union all
select i.instruction_id, i.settlement_date
from settlement.instructions as i
join closed_markets as m using (market_id)
where i.settlement_date = any(%(fresh_dates)s::date[])
  and not exists (
      select
      from settlement.events as e
      where e.settlement_date = any(%(fresh_dates)s::date[])
        and e.settlement_date = i.settlement_date
        and e.instruction_id = i.instruction_id
  );

insert into withheld_instructions (instruction_id, settlement_date, cause)
select instruction_id, settlement_date, 'settlement_calendar_closed'
from closed_instructions as s
where not exists (
    select from withheld_instructions as w where w.instruction_id = s.instruction_id
);

select
    (select count(*) from withheld_instructions) as rows_in,
    (select count(*) from closed_instructions) as rows_out;
