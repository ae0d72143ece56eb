-- purpose: instruct the confirmed orders that settle now; these are held no longer. A bond is paid
--          with the interest that it has accrued.
-- reads: settling_orders (temporary), trade.orders, reference.currencies, reference.instruments,
--        reference.instrument_terms
-- writes: settlement.instructions, settlement.accounts, trade.held_orders
-- rerun: append once, by order
-- parameters: act_id, first_instruction_id (of a block that is large enough)

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, house_account_id,
    counterparty_account_id, purpose, subject_id, direction, method, symbol, asset_class, market_id,
    currency, counterparty_id, account, strategy, quantity, amount
)
select
    %(first_instruction_id)s - 1 + row_number() over (order by o.order_key, o.business_date),
    s.settlement_date,
    o.business_date,
    %(act_id)s,
    1,
    settlement.open_account('HOUSE', o.account),
    settlement.open_account('COUNTERPARTY', o.counterparty_id),
    'ORDER',
    o.order_key,
    case o.side when 'BUY' then 'RECEIVE' else 'DELIVER' end,
    'DVP',
    o.symbol,
    i.asset_class,
    i.market_id,
    s.currency,
    o.counterparty_id,
    o.account,
    'NONE',
    o.quantity,
    settlement.trade_amount(
        o.price, o.quantity, t.multiplier,
        settlement.accrued_interest(o.symbol, s.settlement_date),
        -- a currency that reference data does not know is paid to the hundredth
        coalesce(c.minor_unit_digits, 2::smallint)
    )
from settling_orders as s
join trade.orders as o using (order_key, business_date)
left join reference.currencies as c on c.currency = s.currency
left join reference.instruments as i on i.symbol = o.symbol
left join reference.instrument_terms as t on t.symbol = o.symbol
where not exists (
    select
    from settlement.instructions as n
    where n.purpose = 'ORDER'
      and n.subject_id = o.order_key
      and n.business_date = o.business_date
);

delete from trade.held_orders as h
using settling_orders as s
where (h.order_key, h.business_date) = (s.order_key, s.business_date);

select
    (select count(*) from settling_orders) as rows_in,
    count(*) as rows_out
from settlement.instructions
where act_id = %(act_id)s;
