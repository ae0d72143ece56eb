copy (
    select
        trade_id,
        quantity,
        price,
        executed_at at time zone 'UTC' as executed_at
    from trade.executions
    where business_date = %(business_date)s
) to stdout (format csv)
