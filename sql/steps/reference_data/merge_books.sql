-- purpose: bring the rules of books, splits and terms in line with the loaded files; closed dates
--          that a changed one reaches are behind and are built anew by the next close.
-- reads: loaded_book_rules, loaded_share_splits, loaded_instrument_terms (temporary),
--        books.holdings, books.closing_positions
-- writes: reference.book_rules, reference.share_splits, reference.instrument_terms,
--         books.stale_dates
-- rerun: upsert changed: rows that say the same stay untouched; a row that a file no longer has,
--        goes
-- parameters: none

with changed_rules as (
    merge into reference.book_rules as t
    using loaded_book_rules as s
        on (t.account, t.strategy, t.effective_from) = (s.account, s.strategy, s.effective_from)
    when matched and (t.cost_method, t.base_currency, t.unexplained_limit)
        is distinct from (s.cost_method, s.base_currency, s.unexplained_limit)
        then update set (cost_method, base_currency, unexplained_limit, recorded_at)
            = (s.cost_method, s.base_currency, s.unexplained_limit, now())
    when not matched then insert values (
        s.account, s.strategy, s.effective_from, s.cost_method, s.base_currency,
        s.unexplained_limit
    )
    when not matched by source then delete
    returning t.account, t.strategy, t.effective_from
),
changed_splits as (
    merge into reference.share_splits as t
    using loaded_share_splits as s on (t.symbol, t.ex_date) = (s.symbol, s.ex_date)
    when matched and (t.new_shares, t.old_shares) <> (s.new_shares, s.old_shares)
        then update set (new_shares, old_shares, recorded_at) = (s.new_shares, s.old_shares, now())
    when not matched then insert values (s.symbol, s.ex_date, s.new_shares, s.old_shares)
    when not matched by source then delete
    returning t.symbol, t.ex_date
),
changed_terms as (
    merge into reference.instrument_terms as t
    using loaded_instrument_terms as s on t.symbol = s.symbol
    when matched and (
        t.multiplier, t.coupon_rate, t.coupons_per_year, t.maturity_date, t.day_count
    ) is distinct from (
        s.multiplier, s.coupon_rate, s.coupons_per_year, s.maturity_date, s.day_count
    ) then update set (
        multiplier, coupon_rate, coupons_per_year, maturity_date, day_count, recorded_at
    ) = (
        s.multiplier, s.coupon_rate, s.coupons_per_year, s.maturity_date, s.day_count, now()
    )
    when not matched then insert values (
        s.symbol, s.multiplier, s.coupon_rate, s.coupons_per_year, s.maturity_date, s.day_count
    )
    when not matched by source then delete
    returning t.symbol
),
reached as (
    select null as symbol, account, strategy, effective_from as since from changed_rules
    union all
    select symbol, '*', '*', ex_date from changed_splits
    union all
    select symbol, '*', '*', '-infinity' from changed_terms
)
insert into books.stale_dates (business_date)
select distinct c.business_date
from reached as r
join books.holdings as h
    on h.symbol = coalesce(r.symbol, h.symbol)
    and r.account in (h.account, '*')
    and r.strategy in (h.strategy, '*')
join books.closing_positions as c on c.holding_id = h.holding_id and c.business_date >= r.since
on conflict (business_date) do nothing;

select
    (select count(*) from loaded_book_rules) + (select count(*) from loaded_share_splits)
    + (select count(*) from loaded_instrument_terms) as rows_in,
    (select count(*) from reference.book_rules where recorded_at = now())
    + (select count(*) from reference.share_splits where recorded_at = now())
    + (select count(*) from reference.instrument_terms where recorded_at = now()) as rows_out;
