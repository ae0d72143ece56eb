-- Weekdays between the last day that was settled and a day, on which something was open and no run
-- came to its end.
with due as (
    select min(d.settlement_date) as first_date
    from (
        select to_date(right(c.relname, 8), 'YYYYMMDD') as settlement_date
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'settlement.instructions'::regclass
    ) as d
    left join settlement.cycles as y using (settlement_date)
    where y.open_count is distinct from 0
      and exists (
          select
          from settlement.instructions as i
          where i.settlement_date = d.settlement_date
      )
)
select w.weekday::date as left_out_date
from settlement.cycles as c
cross join due
cross join lateral generate_series(
    greatest(c.last_effective_on + 1, due.first_date)::timestamp,
    %(effective_on)s::date - 1,
    interval '1 day'
) as w (weekday)
where c.last_effective_on = (select max(last_effective_on) from settlement.cycles)
  and due.first_date is not null
  and extract(isodow from w.weekday) < 6
  and not exists (
    select
    from control.step_runs as r
    where r.step = 'settlement_cycle/settle_due'
      and r.business_date = w.weekday::date
      and r.outcome = 'DONE'
)
group by w.weekday
order by w.weekday
