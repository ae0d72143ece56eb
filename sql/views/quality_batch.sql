-- What the micro-batch suites look at: the staged rows of one batch, with measures beside the
-- fields. A view states what is measured, a suite the bounds. The reader sets gx.batch_id in each
-- of its transactions.

create or replace view quality.batch_executions as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.trade_id,
    staged.version,
    staged.symbol,
    coalesce(staged.asset_class, instruments.asset_class) as asset_class,
    staged.side,
    staged.quantity,
    staged.price,
    staged.currency,
    staged.counterparty_id,
    staged.venue,
    staged.account,
    staged.strategy,
    staged.status,
    -- the guard stands here, because the function is too long to be inlined
    case
        when length(staged.symbol) = 12 then quality.is_isin_checked(staged.symbol)
    end as is_isin_checked,
    greatest(
        length(staged.trade_id),
        length(staged.symbol),
        length(staged.counterparty_id),
        length(staged.venue),
        length(staged.account),
        length(staged.strategy)
    ) as longest_text,
    quality.outright_price(
        staged.price, coalesce(staged.asset_class, instruments.asset_class)
    ) as outright_price,
    quality.notional_gap_cents(
        staged.notional, staged.quantity, staged.price
    ) as notional_gap_cents,
    least(staged.brokerage_fee, staged.clearing_fee, staged.exchange_fee) as lowest_fee,
    quality.fee_permille(
        coalesce(staged.brokerage_fee, 0) + coalesce(staged.clearing_fee, 0)
        + coalesce(staged.exchange_fee, 0),
        staged.quantity,
        staged.price
    ) as fee_permille,
    staged.settlement_date - staged.business_date as settlement_lag_days,
    (staged.executed_at at time zone 'UTC')::date - staged.business_date as execution_lag_days,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days,
    instruments.symbol is not null as is_symbol_known,
    staged.counterparty_id is null
    or counterparties.counterparty_id is not null as is_counterparty_known
from staging.executions as staged
left join reference.instruments as instruments on staged.symbol = instruments.symbol
left join reference.counterparties as counterparties
    on staged.counterparty_id = counterparties.counterparty_id
where staged.batch_id = current_setting('gx.batch_id')::bigint;

create or replace view quality.batch_confirmations as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.trade_id,
    staged.version,
    staged.symbol,
    staged.side,
    staged.quantity,
    staged.price,
    staged.currency,
    staged.counterparty_id,
    staged.account,
    staged.status,
    -- the guard stands here, because the function is too long to be inlined
    case
        when length(staged.symbol) = 12 then quality.is_isin_checked(staged.symbol)
    end as is_isin_checked,
    greatest(
        length(staged.trade_id),
        length(staged.symbol),
        length(staged.counterparty_id),
        length(staged.account)
    ) as longest_text,
    quality.outright_price(staged.price, instruments.asset_class) as outright_price,
    staged.settlement_date - staged.business_date as settlement_lag_days,
    (staged.confirmed_at at time zone 'UTC')::date - staged.business_date as confirmation_lag_days,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days,
    instruments.symbol is not null as is_symbol_known,
    staged.counterparty_id is null
    or counterparties.counterparty_id is not null as is_counterparty_known
from staging.confirmations as staged
left join reference.instruments as instruments on staged.symbol = instruments.symbol
left join reference.counterparties as counterparties
    on staged.counterparty_id = counterparties.counterparty_id
where staged.batch_id = current_setting('gx.batch_id')::bigint;

create or replace view quality.batch_pnl_snapshots as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.trade_id,
    staged.version,
    staged.currency,
    staged.status,
    staged.commission,
    length(staged.trade_id) as longest_text,
    abs(staged.pnl_impact) as pnl_impact_size,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days
from staging.pnl_snapshots as staged
where staged.batch_id = current_setting('gx.batch_id')::bigint;
