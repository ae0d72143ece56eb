-- What positions stand without.

create or replace function books.unclosed_dates(p_business_date date)
returns table (business_date date)
language sql stable as $$
    select d.business_date
    from (
        select to_date(right(c.relname, 8), 'YYYYMMDD') as business_date
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'trade.executions'::regclass
    ) as d
    -- a look into the partition of the date: as a join it could read them all
    cross join lateral (
        select from trade.executions as e where e.business_date = d.business_date limit 1
    ) as found
    where d.business_date < p_business_date
      and not exists (
          select
          from books.updates as u
          where u.business_date = d.business_date
      )
$$;
comment on function books.unclosed_dates(date) is
    'Dates before one with executions that no close has booked yet: they are in none of its positions. '
    'It asks each partition whether it has a row, whatever was ever received.';
