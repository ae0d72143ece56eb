copy (
    select
        trade_id,
        quantity,
        price,
        confirmed_at at time zone 'UTC' as confirmed_at
    from trade.confirmations
    where business_date = %(business_date)s
) to stdout (format csv)
