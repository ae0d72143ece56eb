-- purpose: bring the terms of margin in line with the loaded files.
-- reads: loaded_margin_rates, loaded_margin_instruments, loaded_netting_sets,
--        loaded_margin_accounts, loaded_account_margin_rates (temporary)
-- writes: reference.margin_rates, reference.margin_instruments, reference.netting_sets,
--         reference.margin_accounts, reference.account_margin_rates
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has
--        goes, because measures keep what they were made of
-- parameters: none

delete from reference.margin_rates
where (
    margin_class, duration_over, effective_from, rate, source
) not in (select * from loaded_margin_rates);

insert into reference.margin_rates (
    margin_class, duration_over, effective_from, rate, source
)
select * from loaded_margin_rates
on conflict do nothing;

delete from reference.margin_instruments
where (
    symbol, margin_class, duration_years, basis
) not in (select * from loaded_margin_instruments);

insert into reference.margin_instruments (
    symbol, margin_class, duration_years, basis
)
select * from loaded_margin_instruments
on conflict do nothing;

delete from reference.netting_sets
where (
    netting_set_id, counterparty_id, effective_from, threshold_amount,
    minimum_transfer_amount, basis
) not in (select * from loaded_netting_sets);

insert into reference.netting_sets (
    netting_set_id, counterparty_id, effective_from, threshold_amount,
    minimum_transfer_amount, basis
)
select * from loaded_netting_sets
on conflict do nothing;

delete from reference.margin_accounts
where (
    account, effective_from, currency, minimum_transfer_amount, basis
) not in (select * from loaded_margin_accounts);

insert into reference.margin_accounts (
    account, effective_from, currency, minimum_transfer_amount, basis
)
select * from loaded_margin_accounts
on conflict do nothing;

delete from reference.account_margin_rates
where (
    side, price_from, effective_from, initial_rate, maintenance_rate,
    maintenance_per_unit, source
) not in (select * from loaded_account_margin_rates);

insert into reference.account_margin_rates (
    side, price_from, effective_from, initial_rate, maintenance_rate,
    maintenance_per_unit, source
)
select * from loaded_account_margin_rates
on conflict do nothing;

select
    (select count(*) from loaded_margin_rates)
    + (select count(*) from loaded_margin_instruments)
    + (select count(*) from loaded_netting_sets)
    + (select count(*) from loaded_margin_accounts)
    + (select count(*) from loaded_account_margin_rates) as rows_in,
    (select count(*) from reference.margin_rates where recorded_at = now())
    + (select count(*) from reference.margin_instruments where recorded_at = now())
    + (select count(*) from reference.netting_sets where recorded_at = now())
    + (select count(*) from reference.margin_accounts where recorded_at = now())
    + (select count(*) from reference.account_margin_rates where recorded_at = now()) as rows_out;
