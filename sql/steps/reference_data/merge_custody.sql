-- purpose: bring the depositories' codes, who drives a market's settlement, and the expected
--          statements in line with the loaded files.
-- reads: loaded_status_codes, loaded_settlement_drivers, loaded_custodian_accounts (temporary)
-- writes: reference.status_codes, reference.settlement_drivers, reference.custodian_accounts
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has
--        goes
-- parameters: none

merge into reference.status_codes as t
using loaded_status_codes as s on t.code = s.code
when matched and (t.scheme, t.state, t.meaning, t.source)
    is distinct from (s.scheme, s.state, s.meaning, s.source)
    then update set (scheme, state, meaning, source, recorded_at)
        = (s.scheme, s.state, s.meaning, s.source, now())
when not matched then insert values (s.code, s.scheme, s.state, s.meaning, s.source)
when not matched by source then delete;

merge into reference.settlement_drivers as t
using loaded_settlement_drivers as s
    on (t.market_id, t.effective_from) = (s.market_id, s.effective_from)
when matched and (t.driver, t.reason) is distinct from (s.driver, s.reason)
    then update set (driver, reason, recorded_at) = (s.driver, s.reason, now())
when not matched then insert values (s.market_id, s.effective_from, s.driver, s.reason)
when not matched by source then delete;

merge into reference.custodian_accounts as t
using loaded_custodian_accounts as s
    on (t.custodian_id, t.account, t.statement_kind, t.effective_from)
    = (s.custodian_id, s.account, s.statement_kind, s.effective_from)
when matched and (t.calendar_id, t.effective_until)
    is distinct from (s.calendar_id, s.effective_until)
    then update set (calendar_id, effective_until, recorded_at)
        = (s.calendar_id, s.effective_until, now())
when not matched then insert values (
    s.custodian_id, s.account, s.statement_kind, s.calendar_id, s.effective_from,
    s.effective_until
)
when not matched by source then delete;

select
    (select count(*) from loaded_status_codes)
    + (select count(*) from loaded_settlement_drivers)
    + (select count(*) from loaded_custodian_accounts) as rows_in,
    (select count(*) from reference.status_codes where recorded_at = now())
    + (select count(*) from reference.settlement_drivers where recorded_at = now())
    + (select count(*) from reference.custodian_accounts where recorded_at = now()) as rows_out;
