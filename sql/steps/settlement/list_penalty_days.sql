-- purpose: list the days of fail whose penalties have to be held against what is stored: of what
--          failed on the last settlement day before the date all its days until then, and the days
--          that could not be priced yet. A day is charged once its close has its marks.
-- reads: settlement.fails, settlement.current_penalties, reference.penalty_scopes,
--        reference.markets, reference.calendar_days
-- writes: penalised_instructions, failing_days_to_price (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists pg_temp.penalised_instructions, pg_temp.failing_days_to_price;

create temporary table penalised_instructions on commit drop as
with last_days as (
    select distinct d.calendar_date
    from (
        select distinct m.settlement_calendar
        from reference.penalty_scopes as s
        join reference.markets as m using (market_id)
    ) as c
    cross join lateral (
        select max(n.calendar_date) as calendar_date
        from reference.calendar_days as n
        where n.calendar_id = c.settlement_calendar
          and n.is_business_day
          and n.calendar_date < %(business_date)s
    ) as d
)
select f.instruction_id, f.settlement_date
from last_days as d
join settlement.fails as f on f.as_of_date = d.calendar_date
union
select p.instruction_id, p.settlement_date
from settlement.current_penalties as p
where p.penalty_date in (select calendar_date from last_days)
   or p.lacking is not null and p.penalty_date < %(business_date)s;

analyze penalised_instructions;

create temporary table failing_days_to_price on commit drop as
select f.*
from penalised_instructions as p
join settlement.fails as f
    on f.settlement_date = p.settlement_date
    and f.instruction_id = p.instruction_id
where f.as_of_date < %(business_date)s;

select
    (select count(*) from penalised_instructions) as rows_in,
    (select count(*) from failing_days_to_price) as rows_out;
