-- The statements of a month, line by line, with what each side owes in all.
copy (
    select
        report.neutralise(t.statement_id) as statement_id,
        t.statement_month,
        report.neutralise(t.counterparty_id) as counterparty_id,
        t.payment_date,
        p.penalty_date,
        p.instruction_id,
        p.settlement_date as intended_settlement_date,
        p.type_of_fail,
        p.reason,
        report.neutralise(p.symbol) as symbol,
        trim_scale(p.open_quantity) as open_quantity,
        p.open_amount,
        p.reference_price,
        p.price_date,
        p.rate,
        case when p.reverses_penalty_id is null then 'penalty' else 'correction' end as line,
        p.payer,
        t.currency,
        p.amount,
        t.owed_to_us as statement_owed_to_us,
        t.owed_by_us as statement_owed_by_us,
        abs(t.net_amount) as statement_net_amount,
        t.net_payer as statement_net_payer
    from settlement.penalty_statement_totals as t
    join settlement.penalty_statement_lines as l using (statement_id)
    join settlement.penalties as p using (penalty_id)
    where t.statement_month = %(statement_month)s
    order by t.statement_id, p.penalty_date, p.instruction_id, p.penalty_id
) to stdout with (format csv, header)
