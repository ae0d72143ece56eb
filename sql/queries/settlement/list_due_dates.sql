-- Settlement dates up to a day that may have open instructions; whether any event has come; and
-- whether these are few: then what has none is settled as on a date without any (an instruction takes
-- more than 100 bytes).
select
    d.settlement_date,
    e.oid is not null as is_begun,
    e.oid is not null
    and pg_relation_size(d.oid) >= %(laid_rows_min)s * 100
    and pg_relation_size(e.oid) * %(sparse_ratio_min)s <= pg_relation_size(d.oid) as is_sparse
from (
    select to_date(right(c.relname, 8), 'YYYYMMDD') as settlement_date, c.oid
    from pg_catalog.pg_inherits as i
    join pg_catalog.pg_class as c on c.oid = i.inhrelid
    where i.inhparent = 'settlement.instructions'::regclass
) as d
left join settlement.cycles as y using (settlement_date)
left join pg_catalog.pg_class as e
    on e.relnamespace = 'settlement'::regnamespace
    and e.relname = to_char(d.settlement_date, '"events_"YYYYMMDD')
where d.settlement_date <= %(effective_on)s
  and y.open_count is distinct from 0
order by d.settlement_date
