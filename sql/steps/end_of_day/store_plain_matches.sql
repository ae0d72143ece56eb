-- purpose: store a match for every plain trade of the date that has none, and take away matches
--          that stand for no trade.
-- reads: touched_trades (temporary), trade.confirmations
-- writes: recon.matches
-- rerun: upsert changed: a stored match stays
-- parameters: business_date, run_id, as_of

delete from recon.matches as m
where m.business_date = %(business_date)s
  and not exists (select from touched_trades as t where t.trade_id = m.trade_id)
  and not exists (
      select
      from trade.confirmations as c
      where c.business_date = %(business_date)s
        and c.trade_id = m.trade_id
  );

with stored as (
    insert into recon.matches (
        business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
        run_id, matched_at
    )
    select
        %(business_date)s,
        c.trade_id,
        1,
        1,
        1,
        %(run_id)s,
        %(as_of)s
    from trade.confirmations as c
    where c.business_date = %(business_date)s
      and not exists (select from touched_trades as t where t.trade_id = c.trade_id)
      and not exists (
          select
          from recon.matches as m
          where m.business_date = %(business_date)s
            and m.trade_id = c.trade_id
      )
    -- in the order of the key: its index grows at one end
    order by c.trade_id
    returning 1
)
select count(*) as rows_in, count(*) as rows_out
from stored;
