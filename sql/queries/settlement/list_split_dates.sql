-- Ex-dates up to a day, of instruments that may have been held before them, and those on which
-- something is posted: the oldest first, as a split multiplies what the one before it left.
select s.ex_date
from reference.share_splits as s
where s.ex_date <= %(effective_on)s
  and (
      s.ex_date > (
          select min(to_date(right(c.relname, 8), 'YYYYMMDD'))
          from pg_catalog.pg_inherits as i
          join pg_catalog.pg_class as c on c.oid = i.inhrelid
          where i.inhparent = 'settlement.events'::regclass
      )
      or exists (
          select
          from reference.opening_holdings as o
          where (o.asset_kind, o.asset) = ('SECURITY', s.symbol)
            and o.effective_from < s.ex_date
      )
  )
union
select settlement_date
from settlement.split_postings
order by ex_date
