-- purpose: bring fee rates and affirmation cutoffs in line with the loaded files.
-- reads: loaded_fee_rates, loaded_affirmation_cutoffs (temporary)
-- writes: reference.fee_rates, reference.affirmation_cutoffs
-- rerun: upsert changed: rows that say the same stay untouched, but for the words of their source;
--        a rate that the file no longer has, or has otherwise, is withdrawn and stays: charges
--        name it
-- parameters: none

create temporary table kept_fee_rates on commit drop as
select t.fee_rate_id, s.ctid as loaded_row, s.source
from reference.fee_rates as t
join loaded_fee_rates as s
    on (
        t.fee_type, t.effective_from, t.date_rule, t.basis, t.rate, t.rounding, t.rounding_digits,
        t.is_taxed
    ) = (
        s.fee_type, s.effective_from, s.date_rule, s.basis, s.rate, s.rounding, s.rounding_digits,
        s.is_taxed
    )
    and (
        t.authority, t.booked_in, t.market_id, t.asset_class, t.counterparty_id, t.account,
        t.currency, t.side, t.effective_until, t.amount_min, t.amount_max
    ) is not distinct from (
        s.authority, s.booked_in, s.market_id, s.asset_class, s.counterparty_id, s.account,
        s.currency, s.side, s.effective_until, s.amount_min, s.amount_max
    )
where t.withdrawn_at is null;

update reference.fee_rates
set withdrawn_at = now()
where withdrawn_at is null
  and fee_rate_id not in (select fee_rate_id from kept_fee_rates);

update reference.fee_rates as t
set source = k.source
from kept_fee_rates as k
where k.fee_rate_id = t.fee_rate_id
  and t.source <> k.source;

insert into reference.fee_rates (
    fee_type, authority, booked_in, market_id, asset_class, counterparty_id, account, currency,
    side, effective_from, effective_until, date_rule, basis, rate, amount_min, amount_max,
    rounding, rounding_digits, is_taxed, source
)
select
    fee_type, authority, booked_in, market_id, asset_class, counterparty_id, account, currency,
    side, effective_from, effective_until, date_rule, basis, rate, amount_min, amount_max,
    rounding, rounding_digits, is_taxed, source
from loaded_fee_rates
where ctid not in (select loaded_row from kept_fee_rates)
order by
    fee_type, effective_from, market_id, asset_class, counterparty_id, account, currency, side;

merge into reference.affirmation_cutoffs as t
using loaded_affirmation_cutoffs as s
    on (t.market_id, t.asset_class, t.effective_from)
    = (s.market_id, s.asset_class, s.effective_from)
when matched and (t.cutoff_time, t.rate_target, t.source)
    is distinct from (s.cutoff_time, s.rate_target, s.source)
    then update set (cutoff_time, rate_target, source, recorded_at)
        = (s.cutoff_time, s.rate_target, s.source, now())
when not matched then insert values (
    s.market_id, s.asset_class, s.effective_from, s.cutoff_time, s.rate_target, s.source
)
when not matched by source then delete;

drop table kept_fee_rates;

select
    (select count(*) from loaded_fee_rates)
    + (select count(*) from loaded_affirmation_cutoffs) as rows_in,
    (select count(*) from reference.fee_rates where now() in (recorded_at, withdrawn_at))
    + (select count(*) from reference.affirmation_cutoffs where recorded_at = now()) as rows_out;
