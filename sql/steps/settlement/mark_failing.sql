-- purpose: mark what was due and did not settle: it fails, with its reason, once on each settlement
--          day of its market on which it was known; days on which no cycle ran are caught up.
-- reads: settlement.instruction_states, settlement.events, withheld_instructions,
--        closed_instructions (temporary), settlement.late_instructions, reference.markets,
--        reference.calendar_days
-- writes: settlement.acts, settlement.events, failing_days, failing_acts (temporary)
-- rerun: append once: an instruction fails once a day
-- parameters: run_id, as_of, actor, effective_on, settlement_dates

drop table if exists pg_temp.failing_days, pg_temp.failing_acts;

create temporary table failing_days on commit drop as
with open_instructions as (
    select
        s.instruction_id, s.settlement_date, s.last_sequence, s.state, s.market_id,
        coalesce(l.counts_from, s.settlement_date) as counts_from,
        coalesce(
            case w.cause
                when 'depository_settles' then settlement.told_fail_reason(s.instruction_id)
            end, w.cause, 'not_settled_on_its_date'
        ) as cause
    from settlement.instruction_states as s
    left join withheld_instructions as w using (instruction_id)
    left join settlement.late_instructions as l
        on (l.instruction_id, l.settlement_date) = (s.instruction_id, s.settlement_date)
    where s.settlement_date = any(%(settlement_dates)s::date[])
      and s.settlement_date <= %(effective_on)s
      and s.state not in ('SETTLED', 'CANCELLED')
      and s.instruction_id not in (select instruction_id from closed_instructions)
)
select
    o.*,
    d.calendar_date as failing_on,
    row_number() over (partition by o.instruction_id order by d.calendar_date) as place
from open_instructions as o
left join reference.markets as m on m.market_id = o.market_id
left join lateral (
    select max(e.effective_on) as last_day
    from settlement.events as e
    where e.settlement_date = o.settlement_date
      and e.instruction_id = o.instruction_id
      and e.to_state = 'FAILING'
      -- what moved or was held since it failed fails again on the same day
      and (o.state = 'FAILING' or e.effective_on < %(effective_on)s)
) as failed on true
cross join lateral (
    select c.calendar_date
    from reference.calendar_days as c
    where c.calendar_id = m.settlement_calendar
      and c.is_business_day
      and c.calendar_date
      between greatest(o.counts_from, failed.last_day + 1) and %(effective_on)s
    union all
    select %(effective_on)s
    where m.market_id is null
      and o.counts_from <= %(effective_on)s
      and coalesce(failed.last_day < %(effective_on)s, true)
) as d;

create temporary table failing_acts on commit drop as
select cause, settlement.open_act(cause, %(actor)s, %(run_id)s, %(as_of)s) as act_id
from (select distinct cause from failing_days) as causes;

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state
)
select
    f.instruction_id,
    f.settlement_date,
    f.failing_on,
    a.act_id,
    f.last_sequence + f.place,
    'STATUS',
    case f.place when 1 then f.state else 'FAILING' end,
    'FAILING'
from failing_days as f
join failing_acts as a using (cause)
order by f.instruction_id, f.place;

select count(*) as rows_in, count(*) as rows_out from failing_days;
