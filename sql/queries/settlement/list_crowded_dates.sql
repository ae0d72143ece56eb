-- Settlement dates of which more is due than has happened (an event takes more than 100 bytes).
select d.settlement_date
from (
    select settlement_date, count(*) as row_count
    from candidate_instructions
    group by settlement_date
) as d
join pg_catalog.pg_class as c
    on c.relnamespace = 'settlement'::regnamespace
    and c.relname = to_char(d.settlement_date, '"events_"YYYYMMDD')
where d.row_count >= %(laid_rows_min)s
  and d.row_count * 100 >= pg_relation_size(c.oid)
order by d.settlement_date
