-- purpose: write where the touched holdings stand after the date, if that is not as it stood.
-- reads: touched_holdings, closing_lots (temporary), books.closing_positions
-- writes: books.closing_positions, changed_holdings (temporary)
-- rerun: append once: what stands so already is not written again
-- parameters: business_date, update_id

with lots as (
    select
        holding_id, sum(amount) as cost_amount, array_agg(trade_id) as trade_ids,
        array_agg(opened_on) as dates, array_agg(quantity) as quantities,
        array_agg(amount) as amounts
    from (select * from closing_lots order by holding_id, executed_at, number, trade_id collate "C")
    group by holding_id
),
wanted as (
    select
        t.holding_id, t.cost_method, t.split_ratio, t.trade_count, t.bought_quantity,
        t.sold_quantity, t.bought_amount, t.sold_amount, t.fee_amount, t.interest_amount,
        t.quantity, coalesce(l.cost_amount, 0) * sign(t.quantity),
        t.cash_flow_to_date_amount, t.fee_to_date_amount, t.interest_to_date_amount,
        coalesce(l.trade_ids, '{}'), coalesce(l.dates, '{}'), coalesce(l.quantities, '{}'),
        coalesce(l.amounts, '{}'), t.closing_due_dates, t.closing_due_quantities
    from touched_holdings as t
    left join lots as l using (holding_id)
),
stored as (
    select distinct on (holding_id)
        holding_id, cost_method, split_ratio, trade_count, bought_quantity, sold_quantity,
        bought_amount, sold_amount, fee_amount, interest_amount, quantity, cost_amount,
        cash_flow_to_date_amount, fee_to_date_amount, interest_to_date_amount, lot_trade_ids,
        lot_dates, lot_quantities, lot_amounts, due_dates, due_quantities
    from books.closing_positions
    where business_date = %(business_date)s
      and holding_id in (select holding_id from touched_holdings)
    order by holding_id, update_id desc
),
written as (
    insert into books.closing_positions (
        business_date, update_id, holding_id, cost_method, split_ratio, trade_count,
        bought_quantity, sold_quantity, bought_amount, sold_amount, fee_amount, interest_amount,
        quantity, cost_amount, cash_flow_to_date_amount, fee_to_date_amount,
        interest_to_date_amount, lot_trade_ids, lot_dates, lot_quantities, lot_amounts, due_dates,
        due_quantities
    )
    select %(business_date)s, %(update_id)s, n.* from (table wanted except table stored) as n
    returning holding_id
),
listed as (
    insert into changed_holdings
    select holding_id from written except select holding_id from changed_holdings
)
select
    (select count(*) from touched_holdings) as rows_in,
    (select count(*) from written) as rows_out;
