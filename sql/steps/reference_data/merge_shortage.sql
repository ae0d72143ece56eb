-- purpose: bring holdings, controls, rules for parts and chaser steps in line with the files.
-- reads: loaded_opening_holdings, loaded_inventory_controls, loaded_partial_settlement_rules,
--        loaded_chaser_steps (temporary)
-- writes: reference.opening_holdings, reference.inventory_controls,
--         reference.partial_settlement_rules, reference.chaser_steps
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has
--        goes, because what leans on it has its own copy
-- parameters: none

merge into reference.opening_holdings as t
using loaded_opening_holdings as s
    on (t.account, t.asset_kind, t.asset, t.effective_from)
    = (s.account, s.asset_kind, s.asset, s.effective_from)
when matched and (t.quantity, t.credit_limit, t.source)
    is distinct from (s.quantity, s.credit_limit, s.source)
    then update set (quantity, credit_limit, source, recorded_at)
        = (s.quantity, s.credit_limit, s.source, now())
when not matched then insert (
    account, asset_kind, asset, effective_from, quantity, credit_limit, source
) values (
    s.account, s.asset_kind, s.asset, s.effective_from, s.quantity, s.credit_limit, s.source
)
when not matched by source then delete;

merge into reference.inventory_controls as t
using loaded_inventory_controls as s
    on (t.account, t.market_id, t.asset_kind, t.effective_from)
    = (s.account, s.market_id, s.asset_kind, s.effective_from)
when matched and t.is_controlled is distinct from s.is_controlled
    then update set (is_controlled, recorded_at) = (s.is_controlled, now())
when not matched then insert (account, market_id, asset_kind, effective_from, is_controlled)
    values (s.account, s.market_id, s.asset_kind, s.effective_from, s.is_controlled)
when not matched by source then delete;

merge into reference.partial_settlement_rules as t
using loaded_partial_settlement_rules as s
    on (t.counterparty_id, t.market_id, t.effective_from)
    = (s.counterparty_id, s.market_id, s.effective_from)
when matched and (t.is_partial_allowed, t.minimum_quantity, t.priority, t.source)
    is distinct from (s.is_partial_allowed, s.minimum_quantity, s.priority, s.source)
    then update set (is_partial_allowed, minimum_quantity, priority, source, recorded_at)
        = (s.is_partial_allowed, s.minimum_quantity, s.priority, s.source, now())
when not matched then insert (
    counterparty_id, market_id, effective_from, is_partial_allowed, minimum_quantity, priority,
    source
) values (
    s.counterparty_id, s.market_id, s.effective_from, s.is_partial_allowed, s.minimum_quantity,
    s.priority, s.source
)
when not matched by source then delete;

merge into reference.chaser_steps as t
using loaded_chaser_steps as s
    on (t.age_business_days, t.addressee, t.effective_from)
    = (s.age_business_days, s.addressee, s.effective_from)
when not matched then insert (age_business_days, addressee, effective_from)
    values (s.age_business_days, s.addressee, s.effective_from)
when not matched by source then delete;

select
    (select count(*) from loaded_opening_holdings)
    + (select count(*) from loaded_inventory_controls)
    + (select count(*) from loaded_partial_settlement_rules)
    + (select count(*) from loaded_chaser_steps) as rows_in,
    (select count(*) from reference.opening_holdings where recorded_at = now())
    + (select count(*) from reference.inventory_controls where recorded_at = now())
    + (select count(*) from reference.partial_settlement_rules where recorded_at = now())
    + (select count(*) from reference.chaser_steps where recorded_at = now()) as rows_out;
