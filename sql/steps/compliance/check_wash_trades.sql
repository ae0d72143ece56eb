-- purpose: flag purchases and sales of one instrument for one beneficial owner that are close in
--          time, price and quantity: potential wash trades. Whether they are is for people to say.
-- reads: checked_trades (temporary), reference.beneficial_owners, reference.wash_trade_policies
-- writes: found_alerts, found_coverage, owned_trades (temporary)
-- rerun: replaces what the rule had found
-- parameters: business_date

delete from found_alerts where rule = 'potential_wash_trade';

delete from found_coverage where rule = 'potential_wash_trade';

drop table if exists pg_temp.owned_trades;

-- each trade in the slice of time that its instant falls in: a pair lies in the same or the next
create temporary table owned_trades on commit drop as
with owners as (
    select distinct on (account) account, beneficial_owner
    from reference.beneficial_owners
    where effective_from <= %(business_date)s
    order by account, effective_from desc
),
policies as (
    select distinct on (classes.asset_class)
        classes.asset_class, p.window_ms, p.price_delta_percent_max, p.quantity_delta_percent_max,
        p.is_same_counterparty, p.source as policy_source
    from (select distinct asset_class from checked_trades) as classes
    join reference.wash_trade_policies as p on p.asset_class in ('*', classes.asset_class)
    where p.effective_from <= %(business_date)s
    order by classes.asset_class, p.asset_class = '*', p.effective_from desc
)
select
    t.*, o.beneficial_owner, p.window_ms, p.price_delta_percent_max, p.quantity_delta_percent_max,
    case when p.is_same_counterparty then t.counterparty_id else '' end as facing,
    p.policy_source,
    floor(extract(epoch from t.executed_at) * 1000 / p.window_ms)::bigint as slice
from checked_trades as t
join owners as o using (account)
join policies as p using (asset_class);

analyze owned_trades;

insert into found_alerts
select
    'potential_wash_trade', 'TRADE_PAIR', b.trade_id || ' / ' || s.trade_id, b.symbol, b.account,
    case b.counterparty_id when s.counterparty_id then b.counterparty_id end,
    jsonb_build_object(
        'beneficial_owner', b.beneficial_owner, 'buy', b.trade_id, 'buy_version', b.version,
        'buy_account', b.account, 'buy_quantity', b.quantity::text, 'buy_price', b.price::text,
        'buy_counterparty', b.counterparty_id, 'bought_at', b.executed_at, 'sell', s.trade_id,
        'sell_version', s.version, 'sell_account', s.account, 'sell_quantity', s.quantity::text,
        'sell_price', s.price::text, 'sell_counterparty', s.counterparty_id,
        'sold_at', s.executed_at, 'currency', b.currency, 'window_ms', b.window_ms,
        'policy_source', b.policy_source
    )
from owned_trades as b
cross join lateral (values (b.slice - 1), (b.slice), (b.slice + 1)) as near (slice)
join owned_trades as s
    on s.slice = near.slice and s.side = 'SELL'
    and (s.beneficial_owner, s.symbol, s.currency, s.facing)
    = (b.beneficial_owner, b.symbol, b.currency, b.facing)
where b.side = 'BUY'
  and s.executed_at between b.executed_at - b.window_ms * interval '1 ms'
  and b.executed_at + b.window_ms * interval '1 ms'
  and 100 * abs(s.price - b.price) <= b.price_delta_percent_max * abs(b.price)
  and 100 * abs(s.quantity - b.quantity) <= b.quantity_delta_percent_max * b.quantity;

insert into found_coverage
select 'potential_wash_trade', counted.outcome, counted.trade_count
from (select count(*) as trade_count from checked_trades) as listed
cross join (select count(*) as trade_count from owned_trades) as owned
cross join lateral (
    values
    ('checked', owned.trade_count),
    ('no_owner_or_policy', listed.trade_count - owned.trade_count)
) as counted (outcome, trade_count)
where counted.trade_count > 0;

select
    (select count(*) from owned_trades) as rows_in,
    (select count(*) from found_alerts where rule = 'potential_wash_trade') as rows_out;
