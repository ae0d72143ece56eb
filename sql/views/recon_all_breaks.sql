-- Breaks of the reconciliation and of settlement, for those who want to see every one.

create or replace view recon.all_breaks as
select
    business_date, 'TRADE' as subject_kind, trade_id, break_type, status, expected_value,
    actual_value, delta, exposure_amount, currency, counterparty_id, symbol, opened_run_id,
    opened_at, resolved_run_id, resolved_at, resolved_reason
from recon.breaks
union all
select
    business_date, subject_kind, subject_id, break_type, status, expected_value,
    actual_value, delta, exposure_amount, currency, counterparty_id, symbol, opened_run_id,
    opened_at, resolved_run_id, resolved_at, resolved_reason
from settlement.breaks;
comment on view recon.all_breaks is
    'recon.breaks and settlement.breaks together; trade_id names the subject, which subject_kind says '
    'the kind of.';
