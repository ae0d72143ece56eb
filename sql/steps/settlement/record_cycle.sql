-- purpose: note how much is still open of each settlement date that was run, so that the next run
--          looks at no other. An instruction settles once and is cancelled once.
-- reads: settlement.instructions, settlement.events
-- writes: cycle_counts (temporary), settlement.cycles
-- rerun: replace the date
-- parameters: settlement_dates, effective_on, run_id

drop table if exists pg_temp.cycle_counts;

-- a statement of its own, so that several processes count
create temporary table cycle_counts on commit drop as
with instructed as (
    select settlement_date, count(*) as row_count
    from settlement.instructions
    where settlement_date = any(%(settlement_dates)s::date[])
    group by settlement_date
),
ended as (
    select
        settlement_date,
        count(*) filter (
            where to_state = 'SETTLED'
            or to_state = 'CANCELLED' and from_state not in ('SETTLED', 'CANCELLED')
        ) as row_count
    from settlement.events
    where settlement_date = any(%(settlement_dates)s::date[])
    group by settlement_date
)
select
    settlement_date,
    i.row_count as instruction_count,
    i.row_count - coalesce(e.row_count, 0) as open_count
from instructed as i
left join ended as e using (settlement_date);

insert into settlement.cycles as c (settlement_date, open_count, last_effective_on, last_run_id)
select settlement_date, open_count, %(effective_on)s, %(run_id)s
from cycle_counts
on conflict (settlement_date) do update set
    open_count = excluded.open_count,
    last_effective_on = greatest(c.last_effective_on, excluded.last_effective_on),
    last_run_id = excluded.last_run_id
where c.open_count is distinct from excluded.open_count
   or c.last_effective_on < excluded.last_effective_on;

select
    coalesce(sum(instruction_count), 0) as rows_in,
    coalesce(sum(open_count), 0) as rows_out
from cycle_counts;
