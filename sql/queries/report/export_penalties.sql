-- penalties_YYYYMMDD.csv: what each fail cost in the month up to the day before, with all that it
-- follows from. A day's fails are charged by the next cycle.
copy (
    select
        penalty_date,
        instruction_id,
        settlement_date,
        report.neutralise(counterparty_id) as counterparty_id,
        payer,
        type_of_fail,
        reason,
        report.neutralise(symbol) as symbol,
        trim_scale(open_quantity) as open_quantity,
        trim_scale(open_amount) as open_amount,
        report.neutralise(currency) as currency,
        trim_scale(reference_price) as reference_price,
        price_date,
        trim_scale(rate) as rate,
        trim_scale(amount) as amount,
        lacking
    from settlement.current_penalties
    where penalty_date >= date_trunc('month', %(business_date)s::date - 1)
      and penalty_date < %(business_date)s
    order by penalty_date, settlement_date, instruction_id
) to stdout with (format csv, header true, encoding 'UTF8')
