-- Value at risk of the firm, then of each book.
select
    subject_kind,
    subject,
    currency,
    value_at_risk_amount,
    expected_shortfall_amount,
    scenario_count,
    method,
    hypothetical_pnl_amount,
    is_exception,
    exception_count,
    backtest_days,
    zone
from report.value_at_risk
where business_date = %(business_date)s
order by subject_kind <> 'FIRM', subject collate "C"
