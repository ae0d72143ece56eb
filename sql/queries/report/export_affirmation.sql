-- affirmation_YYYYMMDD.csv: affirmed by the cutoff, each market in all (no counterparty) and by
-- counterparty.
copy (
    select
        business_date,
        report.neutralise(market_id) as market_id,
        report.neutralise(counterparty_id) as counterparty_id,
        trade_count,
        affirmed_count,
        in_time_count,
        affirmation_rate,
        rate_target,
        is_target_met
    from pack_affirmation
    order by report.neutralise(market_id) collate "C",
        report.neutralise(counterparty_id) collate "C" nulls first
) to stdout with (format csv, header true, encoding 'UTF8')
