-- settlement_YYYYMMDD.csv: what was due on the date, as it stood at the end of the date.
copy (
    select
        settlement_date,
        purpose,
        report.neutralise(market_id) as market_id,
        asset_class,
        report.neutralise(counterparty_id) as counterparty_id,
        report.neutralise(currency) as currency,
        state,
        count(*) as instruction_count,
        trim_scale(sum(due_amount)) as due_amount,
        trim_scale(sum(settled_amount)) as settled_amount
    from report.due_instructions
    where settlement_date = %(business_date)s
    group by settlement_date, purpose, market_id, asset_class, counterparty_id, currency, state
    order by
        purpose,
        report.neutralise(market_id) collate "C",
        asset_class,
        report.neutralise(counterparty_id) collate "C",
        report.neutralise(currency) collate "C",
        state
) to stdout with (format csv, header true, encoding 'UTF8')
