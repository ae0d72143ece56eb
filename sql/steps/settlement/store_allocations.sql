-- purpose: store the loaded allocations: what a file says of a block replaces what stood, as a new
--          version; where it says the same nothing is stored.
-- reads: loaded_allocations (temporary), books.updates
-- writes: trade.allocations, books.stale_dates
-- rerun: append once: what stands already is not stored again
-- parameters: source_file, run_id

with standing as (
    select business_date, trade_id, allocation_version, array_agg((account, trim_scale(quantity))
        order by account collate "C") as parts
    from trade.allocations as a
    where (business_date, trade_id) in (select business_date, trade_id from loaded_allocations)
      and not exists (
          select
          from trade.allocations as newer
          where (newer.business_date, newer.trade_id) = (a.business_date, a.trade_id)
            and newer.allocation_version > a.allocation_version
      )
    group by business_date, trade_id, allocation_version
),
loaded as (
    select business_date, trade_id, array_agg((account, trim_scale(quantity))
        order by account collate "C") as parts
    from loaded_allocations
    group by business_date, trade_id
),
changed as (
    select l.business_date, l.trade_id, coalesce(s.allocation_version, 0) + 1 as next_version
    from loaded as l
    left join standing as s using (business_date, trade_id)
    where s.parts is distinct from l.parts
),
stored as (
    insert into trade.allocations (
        business_date, trade_id, allocation_version, account, quantity, source_file, source_line,
        run_id
    )
    select
        n.business_date, n.trade_id, c.next_version, n.account, n.quantity, %(source_file)s,
        n.source_line, %(run_id)s
    from loaded_allocations as n
    join changed as c using (business_date, trade_id)
    returning 1
),
-- books that were built without it are behind
stale as (
    insert into books.stale_dates (business_date)
    select distinct c.business_date
    from changed as c
    where exists (select from books.updates as u where u.business_date = c.business_date)
    on conflict (business_date) do nothing
)
select
    (select count(*) from loaded_allocations) as rows_in,
    (select count(*) from stored) as rows_out;
