-- movements_YYYYMMDD.csv: what each account received and gave on the date. Each asset's net amounts
-- sum to zero over all accounts.
copy (
    select
        %(business_date)s::date as business_date,
        asset_kind,
        report.neutralise(asset) as asset,
        account_kind,
        report.neutralise(account_name) as account_name,
        movement_count,
        coalesce(reversal_count, 0) as reversal_count,
        trim_scale(coalesce(received_amount, 0)) as received_amount,
        trim_scale(coalesce(delivered_amount, 0)) as delivered_amount,
        trim_scale(net_amount) as net_amount
    from pack_movements
    order by
        asset_kind,
        report.neutralise(asset) collate "C",
        account_kind,
        report.neutralise(account_name) collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
