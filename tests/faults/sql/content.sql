-- What the books say, row by row, without a word on when and from which message it came.
select concat_ws('|',
    'execution', business_date, trade_id, version, feed, source_id, symbol, asset_class, side,
    trim_scale(quantity), trim_scale(price), currency, trim_scale(notional),
    trim_scale(brokerage_fee), trim_scale(clearing_fee), trim_scale(exchange_fee), counterparty_id,
    venue, account, strategy, executed_at, settlement_date, status, flags
) as line
from trade.executions
union all
select concat_ws('|',
    'confirmation', business_date, trade_id, version, symbol, side, trim_scale(quantity),
    trim_scale(price), currency, counterparty_id, account, confirmed_at, settlement_date, status,
    flags
)
from trade.confirmations
union all
select concat_ws('|',
    'pnl_snapshot', business_date, trade_id, version, trim_scale(pnl_impact),
    trim_scale(commission), currency, status, flags
)
from trade.pnl_snapshots
union all
select concat_ws('|',
    'conflict', business_date, trade_id, version, feed, record_type, trim_scale(quantity),
    trim_scale(price), occurred_at
)
from trade.conflicts
union all
select concat_ws('|', 'duplicate', business_date, feed, trade_id, version)
from landing.duplicates
union all
select concat_ws('|', 'reject', feed, reason, trade_id, md5(payload))
from landing.rejects
union all
select concat_ws('|',
    'match', business_date, trade_id, execution_version, confirmation_version,
    pnl_snapshot_version
)
from recon.matches
union all
select concat_ws('|',
    'break', business_date, trade_id, break_type, expected_value, actual_value, trim_scale(delta),
    trim_scale(exposure_amount), currency, counterparty_id, symbol
)
from recon.all_breaks
where status = 'OPEN'
union all
select concat_ws('|',
    'order', o.business_date, o.order_key, o.symbol, o.side, trim_scale(o.quantity),
    trim_scale(o.price), o.currency, o.counterparty_id, o.account, o.ordered_at, d.outcome
)
from trade.orders as o
left join trade.order_outcomes as d using (order_key, business_date)
union all
select concat_ws('|',
    'order_conflict', business_date, feed, order_id, kept_terms, refused_terms
)
from trade.order_conflicts
union all
select concat_ws('|',
    'order_movement', i.business_date, i.subject_id, p.effective_on, p.symbol,
    trim_scale(p.quantity), p.deliverer, p.receiver, p.currency, trim_scale(p.amount), p.payer,
    p.payee
)
from settlement.instructions as i
join settlement.postings as p using (settlement_date, instruction_id)
where i.purpose = 'ORDER'
union all
select concat_ws('|',
    'flow', business_date, account, strategy, symbol, asset_class, currency, trade_count,
    trim_scale(bought_quantity), trim_scale(sold_quantity), trim_scale(bought_amount),
    trim_scale(sold_amount), trim_scale(fee_amount), trim_scale(quantity), trim_scale(cost_amount)
)
from books.daily_flows
-- what was booked and then taken back in whole leaves a row of noughts
where trade_count > 0
union all
select concat_ws('|',
    'total', business_date, feed, received_count, accepted_count, rejected_count, duplicate_count,
    trim_scale(accepted_quantity), trim_scale(accepted_notional)
)
from control.date_totals
