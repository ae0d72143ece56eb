-- purpose: bring currencies, settlement methods, states and standing instructions in line with the
--          loaded files.
-- reads: loaded_currencies, loaded_settlement_methods, loaded_standing_instructions,
--        loaded_life_cycle_states (temporary)
-- writes: reference.currencies, reference.settlement_methods, reference.life_cycle_states,
--         reference.standing_instructions
-- rerun: upsert changed: rows that say the same stay untouched; a standing instruction that the
--        file no longer has, or has otherwise, is withdrawn and stays: instructions name it
-- parameters: none

merge into reference.currencies as t
using loaded_currencies as s on t.currency = s.currency
when matched and t.minor_unit_digits <> s.minor_unit_digits
    then update set (minor_unit_digits, recorded_at) = (s.minor_unit_digits, now())
when not matched then insert values (s.currency, s.minor_unit_digits);

merge into reference.settlement_methods as t
using loaded_settlement_methods as s
    on (t.asset_class, t.market_id) = (s.asset_class, s.market_id)
when matched and t.method <> s.method
    then update set (method, recorded_at) = (s.method, now())
when not matched then insert values (s.asset_class, s.market_id, s.method)
when not matched by source then delete;

merge into reference.life_cycle_states as t
using loaded_life_cycle_states as s on t.state = s.state
when matched and (t.operational_status, t.fix_codes, t.iso_codes, t.meaning)
    is distinct from (s.operational_status, s.fix_codes, s.iso_codes, s.meaning)
    then update set (operational_status, fix_codes, iso_codes, meaning, recorded_at)
        = (s.operational_status, s.fix_codes, s.iso_codes, s.meaning, now())
when not matched then insert
    values (s.state, s.operational_status, s.fix_codes, s.iso_codes, s.meaning);

with kept as (
    select
        t.standing_instruction_id,
        s.ctid as loaded_row
    from reference.standing_instructions as t
    join loaded_standing_instructions as s
        on (
            t.counterparty_id, t.market_id, t.effective_from, t.place_of_settlement, t.agent_bic,
            t.securities_account, t.cash_account
        ) = (
            s.counterparty_id, s.market_id, s.effective_from, s.place_of_settlement, s.agent_bic,
            s.securities_account, s.cash_account
        )
        and (t.asset_class, t.currency, t.effective_until)
        is not distinct from (s.asset_class, s.currency, s.effective_until)
    where t.withdrawn_at is null
),
withdrawn as (
    update reference.standing_instructions
    set withdrawn_at = now()
    where withdrawn_at is null
      and standing_instruction_id not in (select standing_instruction_id from kept)
)
insert into reference.standing_instructions (
    counterparty_id, market_id, asset_class, currency, effective_from, effective_until,
    place_of_settlement, agent_bic, securities_account, cash_account
)
select distinct
    counterparty_id, market_id, asset_class, currency, effective_from, effective_until,
    place_of_settlement, agent_bic, securities_account, cash_account
from loaded_standing_instructions
where ctid not in (select loaded_row from kept)
order by counterparty_id, market_id, asset_class, currency, effective_from;

select
    (select count(*) from loaded_currencies) + (select count(*) from loaded_settlement_methods)
    + (select count(*) from loaded_life_cycle_states)
    + (select count(*) from loaded_standing_instructions) as rows_in,
    (select count(*) from reference.currencies where recorded_at = now())
    + (select count(*) from reference.settlement_methods where recorded_at = now())
    + (select count(*) from reference.life_cycle_states where recorded_at = now())
    + (
        select count(*)
        from reference.standing_instructions
        where now() in (recorded_at, withdrawn_at)
    ) as rows_out;
