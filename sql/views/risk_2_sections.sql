-- What the report's section on risk and margin asks: one row for each subject of a date.

create or replace view report.counterparty_exposures as
select
    m.business_date,
    m.subject as counterparty_id,
    max(m.currency) filter (where m.measure = 'gross_exposure') as currency,
    max(m.amount) filter (where m.measure = 'gross_exposure') as gross_amount,
    max(m.amount) filter (where m.measure = 'net_exposure') as net_amount,
    max(m.amount) filter (where m.measure = 'replacement_cost') as replacement_amount,
    coalesce(max(m.amount) filter (where m.measure = 'unpriced_count'), 0) as unpriced_count,
    max(m.note) filter (where m.measure = 'gross_exposure') as note
from risk.current_measures as m
where m.subject_kind = 'COUNTERPARTY'
  and m.measure in ('gross_exposure', 'net_exposure', 'replacement_cost', 'unpriced_count')
group by m.business_date, m.subject;
comment on view report.counterparty_exposures is
    'What is open with each counterparty until it settles, fails included, in the base currency. note names what has '
    'no mark or rate, and is in none of the amounts.';

create or replace view report.value_at_risk as
select
    m.business_date,
    m.subject_kind,
    m.subject,
    max(m.currency) filter (where m.measure = 'value_at_risk') as currency,
    max(m.amount) filter (where m.measure = 'value_at_risk') as value_at_risk_amount,
    max(m.amount) filter (where m.measure = 'expected_shortfall') as expected_shortfall_amount,
    max(m.amount) filter (where m.measure = 'scenario_count') as scenario_count,
    max(m.note) filter (where m.measure = 'value_at_risk') as method,
    max(m.amount) filter (where m.measure = 'hypothetical_pnl') as hypothetical_pnl_amount,
    max(m.amount) filter (where m.measure = 'var_exception') = 1 as is_exception,
    max(m.amount) filter (where m.measure = 'backtest_exceptions') as exception_count,
    max(m.amount) filter (where m.measure = 'backtest_days') as backtest_days,
    max(m.note) filter (where m.measure = 'backtest_plus_factor') as zone,
    max(m.amount) filter (where m.measure = 'backtest_plus_factor') as plus_factor
from risk.current_measures as m
where m.measure in (
    'value_at_risk', 'expected_shortfall', 'scenario_count', 'hypothetical_pnl', 'var_exception',
    'backtest_exceptions', 'backtest_days', 'backtest_plus_factor'
)
group by m.business_date, m.subject_kind, m.subject;
comment on view report.value_at_risk is
    'Of each date the value at risk of books and firm, and beside it what the positions of the day '
    'before made until this date: is_exception compares that with the value at risk of the day before. '
    'The history of a subject is its rows by business_date. method says why there is no amount.';

create or replace view report.risk_limits as
select
    m.business_date,
    m.subject_kind,
    m.subject,
    m.detail as limit_kind,
    max(m.currency) filter (where m.measure = 'limit_amount') as currency,
    max(m.amount) filter (where m.measure = 'limit_amount') as limit_amount,
    max(m.amount) filter (where m.measure = 'limit_used') as used_amount,
    max(m.amount) filter (where m.measure = 'limit_breach') = 1 as is_breach,
    max(m.note) filter (where m.measure = 'limit_used') as note
from risk.current_measures as m
where m.measure in ('limit_amount', 'limit_used', 'limit_breach')
group by m.business_date, m.subject_kind, m.subject, m.detail;
comment on view report.risk_limits is
    'Each limit that applies and its use, in the base currency. is_breach null: the use is not known, '
    'and note says why.';

create or replace view report.margin_calls as
select
    m.business_date,
    m.subject_kind,
    m.subject,
    max(m.currency) as currency,
    max(m.amount) filter (where m.measure = 'gross_initial_margin') as gross_margin_amount,
    max(m.amount) filter (where m.measure = 'net_to_gross_ratio') as net_to_gross_ratio,
    max(m.amount) filter (where m.measure = 'initial_margin') as initial_margin_amount,
    max(m.amount) filter (where m.measure = 'maintenance_margin') as maintenance_margin_amount,
    max(m.amount) filter (where m.measure = 'net_replacement_cost') as replacement_amount,
    max(m.amount) filter (where m.measure = 'margin_required') as required_amount,
    max(m.amount) filter (where m.measure = 'margin_held') as held_amount,
    max(m.amount) filter (where m.measure = 'margin_call') as call_amount,
    max(m.note) filter (where m.amount is null) as note
from risk.current_measures as m
where m.subject_kind in ('NETTING_SET', 'ACCOUNT')
group by m.business_date, m.subject_kind, m.subject;
comment on view report.margin_calls is
    'Margin of each netting set (standard schedule, base currency) and account (Regulation T): what is '
    'asked for where call_amount is positive, to be given back where it is negative.';

create or replace view report.stress_results as
select
    business_date, subject_kind, subject, detail as scenario_id, currency,
    amount as pnl_amount, note
from risk.current_measures
where measure = 'stress_pnl';
comment on view report.stress_results is 'What each scenario would make of each book and of the firm.';

create or replace view report.trade_volumes as
select
    m.business_date,
    m.subject_kind,
    m.subject,
    -- of an instrument that is its trades' currency
    coalesce(nullif(m.detail, ''), max(m.currency)) as currency,
    max(m.amount) filter (where m.measure = 'trade_count') as trade_count,
    max(m.amount) filter (where m.measure = 'traded_quantity') as traded_quantity,
    max(m.amount) filter (where m.measure = 'traded_amount') as traded_amount,
    max(m.amount) filter (where m.measure = 'average_quantity') as average_quantity,
    max(m.amount) filter (where m.measure = 'average_amount') as average_amount,
    max(m.note) as note
from risk.current_measures as m
where m.measure in (
    'trade_count', 'traded_quantity', 'traded_amount', 'average_quantity', 'average_amount'
)
group by m.business_date, m.subject_kind, m.subject, m.detail;
comment on view report.trade_volumes is
    'Trades of a date by instrument and currency (SYMBOL), by currency, and in all in the base '
    'currency (FIRM).';

create or replace view report.concentration as
select
    business_date,
    detail as among,
    max(amount) filter (where measure = 'top_share_percent') as top_share_percent,
    max(note) filter (where measure = 'top_share_percent') as top_note,
    max(amount) filter (where measure = 'hhi') as hhi
from risk.current_measures
where measure in ('hhi', 'top_share_percent')
group by business_date, detail;
comment on view report.concentration is
    'Share of the largest few and sum of squared percentages (0 to 10,000) of gross exposure, among '
    'counterparties and among instruments.';
