-- What the suites of the order path look at: one batch's staged rows (gx.batch_id), and one business
-- date's accepted orders and answers (gx.business_date).

create or replace view quality.batch_orders as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.order_id,
    staged.symbol,
    staged.side,
    staged.quantity,
    staged.price,
    staged.currency,
    staged.counterparty_id,
    staged.account,
    staged.answer_form,
    greatest(
        length(staged.order_id),
        length(staged.symbol),
        length(staged.counterparty_id),
        length(staged.account)
    ) as longest_text,
    (staged.ordered_at at time zone 'UTC')::date - staged.business_date as order_lag_days,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days,
    instruments.symbol is not null as is_symbol_known,
    counterparties.counterparty_id is not null as is_counterparty_known
from staging.orders as staged
left join reference.instruments as instruments on staged.symbol = instruments.symbol
left join reference.counterparties as counterparties
    on staged.counterparty_id = counterparties.counterparty_id
where staged.batch_id = current_setting('gx.batch_id')::bigint;

create or replace view quality.batch_order_responses as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.order_id,
    staged.response,
    staged.reason,
    staged.counterparty_id,
    greatest(length(staged.order_id), length(staged.counterparty_id)) as longest_text,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days
from staging.order_responses as staged
where staged.batch_id = current_setting('gx.batch_id')::bigint;
