-- purpose: sum what each margin account holds, and what Regulation T asks for it: initially, of
--          the date's new positions, and from then on.
-- reads: reference.margin_accounts, reference.account_margin_rates, books.positions, risk_marks
--        (temporary)
-- writes: margin_accounts, account_requirements (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists pg_temp.margin_accounts, pg_temp.account_requirements;

create temporary table margin_accounts on commit drop as
select distinct on (account) account, currency
from reference.margin_accounts
where effective_from <= %(business_date)s
order by account, effective_from desc;

create temporary table account_requirements on commit drop as
with held as (
    select
        p.account, p.symbol, sum(p.closing_quantity) as quantity,
        sum(p.opening_quantity) as opening, max(m.price) as price
    from margin_accounts as a
    join books.positions(%(business_date)s) as p
        on p.account = a.account and p.currency = a.currency and p.asset_class = 'EQUITY'
    left join risk_marks as m on m.symbol = p.symbol and m.currency = p.currency
    group by p.account, p.symbol
    having sum(p.closing_quantity) <> 0
)
select
    h.account,
    sum(h.quantity * h.price) as value,
    sum(abs(h.quantity) * h.price * r.initial_rate) as initial,
    sum(
        case
            when h.quantity * h.opening > 0 then greatest(abs(h.quantity) - abs(h.opening), 0)
            else abs(h.quantity)
        end * h.price * r.initial_rate
    ) as initial_of_day,
    sum(abs(h.quantity) * greatest(h.price * r.maintenance_rate, r.maintenance_per_unit))
        as maintenance,
    'not computed: no mark for ' || string_agg(h.symbol, ', ' order by h.symbol)
        filter (where h.price is null or r.initial_rate is null) as reason
from held as h
left join lateral (
    select initial_rate, maintenance_rate, maintenance_per_unit
    from reference.account_margin_rates
    where side = case when h.quantity > 0 then 'LONG' else 'SHORT' end
      and price_from <= h.price
      and effective_from <= %(business_date)s
    order by price_from desc, effective_from desc
    limit 1
) as r on true
group by h.account;

select count(*) as rows_in, (select count(*) from account_requirements) as rows_out
from margin_accounts;
