-- settled_positions_YYYYMMDD.csv: each account's position by trade date and by settlement date:
-- contractual - settled = open = failing + other open (not instructed, late, held).
copy (
    select
        business_date,
        report.neutralise(account) as account,
        report.neutralise(symbol) as symbol,
        asset_class,
        trim_scale(trade_date_quantity) as trade_date_quantity,
        trim_scale(contractual_quantity) as contractual_quantity,
        trim_scale(settled_quantity) as settled_quantity,
        trim_scale(open_quantity) as open_quantity,
        trim_scale(failing_quantity) as failing_quantity,
        trim_scale(other_open_quantity) as other_open_quantity
    from pack_settled_positions
    order by report.neutralise(account) collate "C", report.neutralise(symbol) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
