-- A central bank changes its rates every few weeks: a rate is known until a day, and not after it.

alter table reference.overnight_rates
    add column effective_until date,
    add constraint overnight_rates_span check (effective_until > effective_from);
comment on column reference.overnight_rates.effective_until is
    'The first day for which the rate is not known; null: until the currency''s next row.';
