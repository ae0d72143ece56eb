-- reconciliation_summary_YYYYMMDD.csv: outcomes of trades, then breaks by type and currency.
copy (
    with measured as (
        select
            business_date,
            'outcome' as measure,
            outcome as item,
            null as currency,
            sum(trade_count) as item_count,
            null::bigint as resolved_break_count,
            null::numeric as open_exposure_amount
        from pack_trade_groups
        group by business_date, outcome
        union all
        select
            business_date,
            'break',
            break_type,
            report.neutralise(currency),
            open_count,
            resolved_count,
            trim_scale(open_exposure_amount)
        from report.break_summary
        where business_date = %(business_date)s
    )
    select *
    from measured
    order by measure collate "C" desc, item collate "C", currency collate "C"
) to stdout with (format csv, header true, encoding 'UTF8')
