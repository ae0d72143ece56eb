-- What the suites of the close look at: the accepted records of one business date and feed
-- (settings gx.business_date and gx.feed). The measures are those of a batch; days are counted from
-- the day on which the record was made, so that a later close judges the date the same.
--
-- security_barrier keeps a view from being merged into the query over it: each measure is then worked
-- out once for a row, and not once for every rule that reads it. The settings are read in sub-queries
-- for the same reason: once, and not for every row.

create or replace view quality.day_executions with (security_barrier) as
select
    accepted.topic,
    accepted.partition,
    accepted.message_offset,
    accepted.trade_id,
    accepted.version,
    accepted.symbol,
    accepted.asset_class,
    accepted.side,
    accepted.quantity,
    accepted.price,
    accepted.currency,
    accepted.counterparty_id,
    accepted.venue,
    accepted.account,
    accepted.strategy,
    accepted.status,
    -- the guard stands here, because the function is too long to be inlined
    case
        when length(accepted.symbol) = 12 then quality.is_isin_checked(accepted.symbol)
    end as is_isin_checked,
    greatest(
        length(accepted.trade_id),
        length(accepted.symbol),
        length(accepted.counterparty_id),
        length(accepted.venue),
        length(accepted.account),
        length(accepted.strategy)
    ) as longest_text,
    quality.outright_price(accepted.price, accepted.asset_class) as outright_price,
    quality.notional_gap_cents(
        accepted.notional, accepted.quantity, accepted.price
    ) as notional_gap_cents,
    least(accepted.brokerage_fee, accepted.clearing_fee, accepted.exchange_fee) as lowest_fee,
    quality.fee_permille(
        accepted.brokerage_fee + accepted.clearing_fee + accepted.exchange_fee,
        accepted.quantity,
        accepted.price
    ) as fee_permille,
    accepted.settlement_date - accepted.business_date as settlement_lag_days,
    (accepted.executed_at at time zone 'UTC')::date - accepted.business_date as execution_lag_days,
    extract(year from accepted.business_date)::integer as business_year,
    accepted.business_date - (accepted.recorded_at at time zone 'UTC')::date as record_lead_days,
    instruments.symbol is not null as is_symbol_known,
    counterparties.counterparty_id is not null as is_counterparty_known
from trade.executions as accepted
left join reference.instruments as instruments on accepted.symbol = instruments.symbol
left join reference.counterparties as counterparties
    on accepted.counterparty_id = counterparties.counterparty_id
where
    accepted.business_date = (select current_setting('gx.business_date')::date)
    and accepted.feed = (select current_setting('gx.feed'));

create or replace view quality.day_confirmations with (security_barrier) as
select
    accepted.topic,
    accepted.partition,
    accepted.message_offset,
    accepted.trade_id,
    accepted.version,
    accepted.symbol,
    accepted.side,
    accepted.quantity,
    accepted.price,
    accepted.currency,
    accepted.counterparty_id,
    accepted.account,
    accepted.status,
    -- the guard stands here, because the function is too long to be inlined
    case
        when length(accepted.symbol) = 12 then quality.is_isin_checked(accepted.symbol)
    end as is_isin_checked,
    greatest(
        length(accepted.trade_id),
        length(accepted.symbol),
        length(accepted.counterparty_id),
        length(accepted.account)
    ) as longest_text,
    quality.outright_price(accepted.price, instruments.asset_class) as outright_price,
    accepted.settlement_date - accepted.business_date as settlement_lag_days,
    (accepted.confirmed_at at time zone 'UTC')::date
    - accepted.business_date as confirmation_lag_days,
    extract(year from accepted.business_date)::integer as business_year,
    accepted.business_date - (accepted.recorded_at at time zone 'UTC')::date as record_lead_days,
    instruments.symbol is not null as is_symbol_known,
    accepted.counterparty_id is null
    or counterparties.counterparty_id is not null as is_counterparty_known
from trade.confirmations as accepted
left join reference.instruments as instruments on accepted.symbol = instruments.symbol
left join reference.counterparties as counterparties
    on accepted.counterparty_id = counterparties.counterparty_id
where
    accepted.business_date = (select current_setting('gx.business_date')::date)
    and accepted.topic = (select current_setting('gx.feed'));

create or replace view quality.day_pnl_snapshots with (security_barrier) as
select
    accepted.topic,
    accepted.partition,
    accepted.message_offset,
    accepted.trade_id,
    accepted.version,
    accepted.currency,
    accepted.status,
    accepted.commission,
    length(accepted.trade_id) as longest_text,
    abs(accepted.pnl_impact) as pnl_impact_size,
    extract(year from accepted.business_date)::integer as business_year,
    accepted.business_date - (accepted.recorded_at at time zone 'UTC')::date as record_lead_days
from trade.pnl_snapshots as accepted
where
    accepted.business_date = (select current_setting('gx.business_date')::date)
    and accepted.topic = (select current_setting('gx.feed'));

create or replace view quality.day_totals as
with feeds (feed, record_type) as (
    values
    ('trades', 'execution'),
    ('executions', 'execution'),
    ('broker_confirmations', 'confirmation'),
    ('pnl_snapshot', 'pnl_snapshot'),
    ('Trade_Order', 'order'),
    ('Counter_party', 'order_response'),
    ('marks', 'mark'),
    ('settlement_statuses', 'settlement_status'),
    ('custodian_positions', 'statement_line'),
    ('custodian_cash', 'statement_line')
),
received as (
    select
        received_counts.feed,
        sum(received_counts.received_count) as received_count
    from control.received_counts as received_counts
    where received_counts.business_date = (select current_setting('gx.business_date')::date)
    group by received_counts.feed
),
executed as (
    select
        executions.feed,
        executions.source_id,
        count(*) as record_count
    from trade.executions as executions
    where executions.business_date = (select current_setting('gx.business_date')::date)
    group by
        executions.feed,
        executions.source_id
),
records as (
    select
        executed.feed,
        executed.record_count
    from executed
    union all
    select
        confirmations.topic,
        count(*)
    from trade.confirmations as confirmations
    where confirmations.business_date = (select current_setting('gx.business_date')::date)
    group by confirmations.topic
    union all
    select
        pnl_snapshots.topic,
        count(*)
    from trade.pnl_snapshots as pnl_snapshots
    where pnl_snapshots.business_date = (select current_setting('gx.business_date')::date)
    group by pnl_snapshots.topic
    union all
    select
        untraded_records.feed,
        count(*)
    from control.untraded_records as untraded_records
    where untraded_records.business_date = (select current_setting('gx.business_date')::date)
    group by untraded_records.feed
    union all
    select
        conflicts.feed,
        count(*)
    from trade.conflicts as conflicts
    where conflicts.business_date = (select current_setting('gx.business_date')::date)
    group by conflicts.feed
    union all
    select
        rejects.feed,
        count(*)
    from control.rejects as rejects
    where rejects.business_date = (select current_setting('gx.business_date')::date)
    group by rejects.feed
    union all
    select
        duplicates.feed,
        count(*)
    from landing.duplicates as duplicates
    where duplicates.business_date = (select current_setting('gx.business_date')::date)
    group by duplicates.feed
),
accounted as (
    select
        records.feed,
        sum(records.record_count) as record_count
    from records
    group by records.feed
),
-- counted only where the key that forbids a repetition is gone, for example after a restore
repeated (record_type, repeated_key_count) as (
    select
        'execution',
        count(*) - count(distinct (executions.trade_id, executions.version))
    from trade.executions as executions
    where
        not quality.is_key_enforced('trade.executions')
        and executions.business_date = (select current_setting('gx.business_date')::date)
    union all
    select
        'confirmation',
        count(*) - count(distinct (confirmations.trade_id, confirmations.version))
    from trade.confirmations as confirmations
    where
        not quality.is_key_enforced('trade.confirmations')
        and confirmations.business_date = (select current_setting('gx.business_date')::date)
    union all
    select
        'pnl_snapshot',
        count(*) - count(distinct (pnl_snapshots.trade_id, pnl_snapshots.version))
    from trade.pnl_snapshots as pnl_snapshots
    where
        not quality.is_key_enforced('trade.pnl_snapshots')
        and pnl_snapshots.business_date = (select current_setting('gx.business_date')::date)
),
expected (record_type) as (
    select distinct expectations.record_type
    from executed
    inner join reference.sources as sources on executed.source_id = sources.source_id
    cross join lateral (
        values
        ('confirmation', sources.expects_confirmation),
        ('pnl_snapshot', sources.expects_pnl_snapshot)
    ) as expectations (record_type, is_expected)
    where expectations.is_expected
),
staged as (
    select distinct
        records.feed,
        records.batch_id
    from staging.records as records
    where records.business_date = (select current_setting('gx.business_date')::date)
),
stopped as (
    select
        staged.feed,
        count(*) as batch_count
    from staged
    inner join landing.batches as batches on staged.batch_id = batches.batch_id
    where batches.status = 'STOPPED'
    group by staged.feed
),
usual as (
    select
        recent.feed,
        percentile_disc(0.5) within group (order by recent.received_count) as received_count
    from (
        select
            date_totals.feed,
            date_totals.received_count,
            row_number() over (
                partition by date_totals.feed order by date_totals.business_date desc
            ) as place
        from control.date_totals as date_totals
        where
            date_totals.business_date < (select current_setting('gx.business_date')::date)
            and date_totals.received_count > 0
    ) as recent
    where recent.place <= 20
    group by recent.feed
    having count(*) >= 5
)
select
    feeds.feed,
    coalesce(received.received_count, 0) as received_count,
    coalesce(received.received_count, 0)
    - coalesce(accounted.record_count, 0) as unaccounted_count,
    coalesce(repeated.repeated_key_count, 0) as repeated_key_count,
    coalesce(stopped.batch_count, 0) as stopped_batch_count,
    expected.record_type is not null and coalesce(received.received_count, 0) = 0 as is_silent,
    coalesce(received.received_count, 0) * 100 / usual.received_count as percent_of_usual
from feeds
left join repeated on feeds.record_type = repeated.record_type
left join received on feeds.feed = received.feed
left join accounted on feeds.feed = accounted.feed
left join expected on feeds.record_type = expected.record_type
left join stopped on feeds.feed = stopped.feed
left join usual on feeds.feed = usual.feed;
