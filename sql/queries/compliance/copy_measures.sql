-- What is scored of each trade of a date: newest versions, cancelled ones left out.
copy (
    select
        e.trade_id, e.symbol || ' ' || e.currency as instrument,
        coalesce(i.market_id, 'UNKNOWN') as market, e.account, e.counterparty_id, e.quantity,
        e.price, extract(epoch from e.executed_at - %(business_date)s::date) as seconds
    from trade.executions as e
    left join reference.instruments as i on i.symbol = e.symbol
    where e.business_date = %(business_date)s
      and e.status <> 'CANCELLED'
      and not exists (
          select
          from trade.executions as newer
          where newer.business_date = %(business_date)s
            and newer.trade_id = e.trade_id
            and newer.version > e.version
            and newer.version > 1
      )
) to stdout (format csv, header)
