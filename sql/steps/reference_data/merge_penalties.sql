-- purpose: bring reasons of fails, rates, scopes and terms of penalties in line with the files.
-- reads: loaded_fail_reasons, loaded_penalty_rates, loaded_penalty_scopes,
--        loaded_overnight_rates, loaded_penalty_terms (temporary)
-- writes: reference.fail_reasons, reference.penalty_rates, reference.penalty_scopes,
--         reference.overnight_rates, reference.penalty_terms
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has
--        goes, because what leans on it has its own copy
-- parameters: none

merge into reference.fail_reasons as t
using loaded_fail_reasons as s on t.reason = s.reason
when matched and (t.failing_party, t.is_lack_of_cash, t.iso_reason, t.source)
    is distinct from (s.failing_party, s.is_lack_of_cash, s.iso_reason, s.source)
    then update set (failing_party, is_lack_of_cash, iso_reason, source, recorded_at)
        = (s.failing_party, s.is_lack_of_cash, s.iso_reason, s.source, now())
when not matched then insert (reason, failing_party, is_lack_of_cash, iso_reason, source)
    values (s.reason, s.failing_party, s.is_lack_of_cash, s.iso_reason, s.source)
when not matched by source then delete;

merge into reference.penalty_rates as t
using loaded_penalty_rates as s
    on (t.type_of_fail, t.effective_from) = (s.type_of_fail, s.effective_from)
when matched and (t.rate_bp, t.basis, t.source)
    is distinct from (s.rate_bp, s.basis, s.source)
    then update set (rate_bp, basis, source, recorded_at)
        = (s.rate_bp, s.basis, s.source, now())
when not matched then insert (type_of_fail, effective_from, rate_bp, basis, source)
    values (s.type_of_fail, s.effective_from, s.rate_bp, s.basis, s.source)
when not matched by source then delete;

merge into reference.penalty_scopes as t
using loaded_penalty_scopes as s
    on (t.market_id, t.asset_class, t.symbol, t.effective_from)
    = (s.market_id, s.asset_class, s.symbol, s.effective_from)
when matched and (t.type_of_fail, t.source)
    is distinct from (s.type_of_fail, s.source)
    then update set (type_of_fail, source, recorded_at)
        = (s.type_of_fail, s.source, now())
when not matched then insert (market_id, asset_class, symbol, effective_from, type_of_fail, source)
    values (s.market_id, s.asset_class, s.symbol, s.effective_from, s.type_of_fail, s.source)
when not matched by source then delete;

merge into reference.overnight_rates as t
using loaded_overnight_rates as s on (t.currency, t.effective_from) = (s.currency, s.effective_from)
when matched and (t.effective_until, t.rate_percent, t.source)
    is distinct from (s.effective_until, s.rate_percent, s.source)
    then update set (effective_until, rate_percent, source, recorded_at)
        = (s.effective_until, s.rate_percent, s.source, now())
when not matched then insert (currency, effective_from, effective_until, rate_percent, source)
    values (s.currency, s.effective_from, s.effective_until, s.rate_percent, s.source)
when not matched by source then delete;

merge into reference.penalty_terms as t
using loaded_penalty_terms as s on t.effective_from = s.effective_from
when matched and (t.calendar_id, t.statement_business_day, t.payment_business_day, t.source)
    is distinct from (s.calendar_id, s.statement_business_day, s.payment_business_day, s.source)
    then update set (calendar_id, statement_business_day, payment_business_day, source, recorded_at)
        = (s.calendar_id, s.statement_business_day, s.payment_business_day, s.source, now())
when not matched then insert (
    effective_from, calendar_id, statement_business_day, payment_business_day, source
) values (
    s.effective_from, s.calendar_id, s.statement_business_day, s.payment_business_day, s.source
)
when not matched by source then delete;

select
    (select count(*) from loaded_fail_reasons)
    + (select count(*) from loaded_penalty_rates)
    + (select count(*) from loaded_penalty_scopes)
    + (select count(*) from loaded_overnight_rates)
    + (select count(*) from loaded_penalty_terms) as rows_in,
    (select count(*) from reference.fail_reasons where recorded_at = now())
    + (select count(*) from reference.penalty_rates where recorded_at = now())
    + (select count(*) from reference.penalty_scopes where recorded_at = now())
    + (select count(*) from reference.overnight_rates where recorded_at = now())
    + (select count(*) from reference.penalty_terms where recorded_at = now()) as rows_out;
