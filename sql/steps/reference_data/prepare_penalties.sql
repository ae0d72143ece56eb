-- purpose: make the empty tables that the files of penalties are copied into.
-- reads: the columns of reference.fail_reasons, reference.penalty_rates,
--        reference.penalty_scopes, reference.overnight_rates, reference.penalty_terms
-- writes: loaded_fail_reasons, loaded_penalty_rates, loaded_penalty_scopes,
--         loaded_overnight_rates, loaded_penalty_terms (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_fail_reasons, pg_temp.loaded_penalty_rates, pg_temp.loaded_penalty_scopes,
pg_temp.loaded_overnight_rates, pg_temp.loaded_penalty_terms;

create temporary table loaded_fail_reasons on commit drop as
select reason, failing_party, is_lack_of_cash, iso_reason, source
from reference.fail_reasons
with no data;

create temporary table loaded_penalty_rates on commit drop as
select type_of_fail, effective_from, rate_bp, basis, source
from reference.penalty_rates
with no data;

create temporary table loaded_penalty_scopes on commit drop as
select market_id, asset_class, symbol, effective_from, type_of_fail, source
from reference.penalty_scopes
with no data;

create temporary table loaded_overnight_rates on commit drop as
select currency, effective_from, effective_until, rate_percent, source
from reference.overnight_rates
with no data;

create temporary table loaded_penalty_terms on commit drop as
select effective_from, calendar_id, statement_business_day, payment_business_day, source
from reference.penalty_terms
with no data;

select 0 as rows_in, 0 as rows_out;
