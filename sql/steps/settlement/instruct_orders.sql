-- purpose: instruct the confirmed orders of these pairs: due on the day on which both are in.
-- reads: paired_orders (temporary), trade.orders, trade.order_responses, reference.currencies,
--        reference.instruments
-- writes: settlement.instructions, settlement.accounts
-- rerun: append once, by order
-- parameters: act_id, first_instruction_id (of a block that is large enough)

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, house_account_id,
    counterparty_account_id, purpose, subject_id, direction, method, symbol, asset_class, market_id,
    currency, counterparty_id, account, strategy, quantity, amount
)
select
    %(first_instruction_id)s - 1 + row_number() over (order by o.order_key, o.business_date),
    greatest(o.business_date, r.business_date),
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
    o.currency,
    o.counterparty_id,
    o.account,
    'NONE',
    o.quantity,
    settlement.round_to_minor_unit(
        -- a currency that reference data does not know is paid to the hundredth
        o.price * o.quantity, coalesce(c.minor_unit_digits, 2::smallint)
    )
from paired_orders as p
join trade.orders as o using (order_key, business_date)
join trade.order_responses as r
    on (r.topic, r.partition, r.message_offset) = (p.topic, p.partition, p.message_offset)
    and r.response = 'CONFIRM'
left join reference.currencies as c on c.currency = o.currency
left join reference.instruments as i on i.symbol = o.symbol
where not exists (
    select
    from settlement.instructions as n
    where n.purpose = 'ORDER'
      and n.subject_id = o.order_key
      and n.business_date = o.business_date
);

select
    (select count(*) from paired_orders) as rows_in,
    count(*) as rows_out
from settlement.instructions
where act_id = %(act_id)s;
