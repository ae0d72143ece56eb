-- purpose: withhold what only a depository's word settles.
-- reads: reference.settlement_drivers, settlement.instructions
-- writes: withheld_instructions (temporary)
-- rerun: what is withheld already is not listed again
-- parameters: settlement_dates, fresh_dates

insert into withheld_instructions (instruction_id, settlement_date, cause)
select i.instruction_id, i.settlement_date, 'depository_settles'
from (
    select market_id, d.settlement_date
    from (select distinct market_id from reference.settlement_drivers) as m
    cross join unnest(
        %(settlement_dates)s::date[] || %(fresh_dates)s::date[]
    ) as d (settlement_date)
    where reference.settlement_driver(m.market_id, d.settlement_date) = 'DEPOSITORY'
) as driven
join settlement.instructions as i
    on i.settlement_date = any(%(settlement_dates)s::date[] || %(fresh_dates)s::date[])
    and i.settlement_date = driven.settlement_date
    and i.market_id = driven.market_id
where i.purpose in ('TRADE', 'ALLOCATION', 'NET')
  and not exists (
      select
      from withheld_instructions as w
      where w.instruction_id = i.instruction_id
  );

analyze withheld_instructions;

select count(*) as rows_in, count(*) filter (where cause = 'depository_settles') as rows_out
from withheld_instructions;
