-- purpose: flag trades of a larger quantity or notional than one trade may have.
-- reads: checked_trades (temporary), reference.trade_limits
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rules had found
-- parameters: business_date

delete from found_alerts where rule in ('quantity_limit', 'notional_limit');

delete from found_coverage where rule in ('quantity_limit', 'notional_limit');

drop table if exists pg_temp.limits_in_force;

create temporary table limits_in_force on commit drop as
select distinct on (asset_class, currency)
    asset_class, currency, quantity_max, notional_max, source
from reference.trade_limits
where effective_from <= %(business_date)s
order by asset_class, currency, effective_from desc;

insert into found_alerts
select
    case breach.is_notional when true then 'notional_limit' else 'quantity_limit' end,
    'TRADE', t.trade_id, t.symbol, t.account, t.counterparty_id,
    jsonb_build_object(
        'version', t.version, 'quantity', t.quantity::text, 'price', t.price::text,
        'notional', (t.quantity * t.price)::text, 'currency', t.currency,
        'limit', case when breach.is_notional then l.notional_max else l.quantity_max end::text,
        'limit_source', l.source
    )
from checked_trades as t
join limits_in_force as l
    on l.asset_class = t.asset_class
    and l.currency = t.currency
cross join lateral (
    select false as is_notional where t.quantity > l.quantity_max
    union all
    select true where abs(t.quantity * t.price) > l.notional_max
) as breach
where t.quantity > l.quantity_max
   or abs(t.quantity * t.price) > l.notional_max;

insert into found_coverage
select rule, case when l.asset_class is null then 'no_limit' else 'checked' end, sum(t.trade_count)
from (
    select asset_class, currency, count(*) as trade_count
    from checked_trades
    group by asset_class, currency
) as t
left join limits_in_force as l
    on l.asset_class = t.asset_class
    and l.currency = t.currency
cross join (values ('quantity_limit'), ('notional_limit')) as both_rules (rule)
group by 1, 2;

select
    (
        select coalesce(sum(subject_count), 0)
        from found_coverage
        where rule = 'quantity_limit'
    ) as rows_in,
    (
        select count(*)
        from found_alerts
        where rule in ('quantity_limit', 'notional_limit')
    ) as rows_out;
