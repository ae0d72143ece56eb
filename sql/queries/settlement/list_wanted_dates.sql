-- Settlement dates of what can be instructed; whether the date has instructions already, and whether
-- these are fewer than what may come (a row takes more than 100 bytes): then it is laid all the same.
select
    t.settlement_date,
    c.oid is not null as is_begun,
    %(count_max)s >= %(laid_rows_min)s
    and %(count_max)s * 100 >= coalesce(pg_relation_size(c.oid), 0) as is_laid
from instruction_terms as t
left join pg_catalog.pg_class as c
    on c.relnamespace = 'settlement'::regnamespace
    and c.relname = to_char(t.settlement_date, '"instructions_"YYYYMMDD')
where t.flaw is null
group by t.settlement_date, c.oid
order by t.settlement_date
