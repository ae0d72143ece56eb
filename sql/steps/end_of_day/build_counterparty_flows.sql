-- purpose: sum what the date adds to what is open with each counterparty, for each account:
--          what the books are made of, so that cash is with whom the position is.
-- reads: trade.executions and allocations of blocks (by books.fills_of), control.received_counts,
--        trade.allocations
-- writes: risk.counterparty_flows, risk.flow_dates
-- rerun: replace the date
-- parameters: flow_date

delete from risk.counterparty_flows where business_date = %(flow_date)s;

insert into risk.counterparty_flows (
    business_date, counterparty_id, account, symbol, currency, settlement_date, asset_class,
    trade_count, bought_quantity, sold_quantity, bought_amount, sold_amount, fee_amount
)
select
    %(flow_date)s,
    e.counterparty_id,
    e.account,
    e.symbol,
    e.currency,
    e.settlement_date,
    max(e.asset_class),
    count(*),
    coalesce(sum(e.quantity) filter (where e.side = 'BUY'), 0),
    coalesce(sum(e.quantity) filter (where e.side = 'SELL'), 0),
    coalesce(sum(e.price * e.quantity) filter (where e.side = 'BUY'), 0),
    coalesce(sum(e.price * e.quantity) filter (where e.side = 'SELL'), 0),
    sum(e.fee_amount)
from books.fills_of(%(flow_date)s) as e
group by e.counterparty_id, e.account, e.symbol, e.currency, e.settlement_date;

insert into risk.flow_dates (business_date, input_count)
select %(flow_date)s, risk.count_flow_inputs(%(flow_date)s)
on conflict (business_date) do update set input_count = excluded.input_count;

select coalesce(sum(trade_count), 0) as rows_in, count(*) as rows_out
from risk.counterparty_flows
where business_date = %(flow_date)s;
