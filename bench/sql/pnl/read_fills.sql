copy (
    select account, strategy, side, quantity::bigint, (price * 100)::bigint
    from trade.executions
    where business_date = %(business_date)s
    order by executed_at, trade_id
) to stdout (format csv)
