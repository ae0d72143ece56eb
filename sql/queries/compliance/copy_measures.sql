-- What is scored of each trade of a date: newest versions, cancelled ones left out.
copy (
    select
        e.trade_id, e.symbol || ' ' || e.currency as instrument,
        coalesce(i.market_id, 'UNKNOWN') as market, e.account, e.counterparty_id, e.quantity,
        e.price, extract(epoch from e.executed_at - %(business_date)s::date) as seconds
    from trade.executions as e
    left join reference.instruments as i on i.symbol = e.symbol
    -- few trades have a further version: a table of these is held beside the trades, not the reverse
    left join (
        select trade_id, max(version) as version
        from trade.executions
        where business_date = %(business_date)s
          and version > 1
        group by trade_id
    ) as newest on newest.trade_id = e.trade_id
    where e.business_date = %(business_date)s
      and e.status <> 'CANCELLED'
      and e.version >= coalesce(newest.version, e.version)
) to stdout (format csv, header)
