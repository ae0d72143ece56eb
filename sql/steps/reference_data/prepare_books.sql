-- purpose: make the empty tables that the files of the books are copied into.
-- reads: the columns of reference.book_rules, reference.share_splits, reference.instrument_terms
-- writes: loaded_book_rules, loaded_share_splits, loaded_instrument_terms (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists
pg_temp.loaded_book_rules, pg_temp.loaded_share_splits, pg_temp.loaded_instrument_terms;

create temporary table loaded_book_rules on commit drop as
select account, strategy, effective_from, cost_method, base_currency, unexplained_limit
from reference.book_rules
with no data;

create temporary table loaded_share_splits on commit drop as
select symbol, ex_date, new_shares, old_shares, null::text as source
from reference.share_splits
with no data;

create temporary table loaded_instrument_terms on commit drop as
select
    symbol, multiplier, coupon_rate, coupons_per_year, maturity_date, day_count,
    null::text as source
from reference.instrument_terms
with no data;

select 0 as rows_in, 0 as rows_out;
