-- Settlement dates up to a day that may have open instructions, and whether any event has come.
select
    d.settlement_date,
    settlement.has_partition('events', d.settlement_date) as is_begun
from (
    select to_date(right(c.relname, 8), 'YYYYMMDD') as settlement_date
    from pg_catalog.pg_inherits as i
    join pg_catalog.pg_class as c on c.oid = i.inhrelid
    where i.inhparent = 'settlement.instructions'::regclass
) as d
left join settlement.cycles as y using (settlement_date)
where d.settlement_date <= %(effective_on)s
  and y.open_count is distinct from 0
order by d.settlement_date
