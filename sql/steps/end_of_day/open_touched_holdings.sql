-- purpose: find the holdings whose date is not as it was stored, or that an earlier date of this
--          update changed, and lay out what they open with, in units after splits.
-- reads: date_flows, changed_holdings (temporary), books.holdings, books.closing_positions,
--        reference.instrument_terms, reference.share_splits; by books.rule_of reference.book_rules
-- writes: touched_holdings, opening_lots, closing_lots (temporary; the last one empty)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists pg_temp.touched_holdings, pg_temp.opening_lots, pg_temp.closing_lots;

create temporary table touched_holdings on commit drop as
select
    h.account, h.strategy, h.symbol, h.currency, f.*, rule.cost_method, split.ratio as split_ratio,
    coalesce(t.multiplier, 1) as multiplier, opened.opening_quantity,
    opened.opening_quantity + f.bought_quantity - f.sold_quantity as quantity,
    coalesce(o.cost_amount, 0) as opening_cost_amount,
    coalesce(o.cash_flow_to_date_amount, 0) + f.sold_amount - f.bought_amount
        as cash_flow_to_date_amount,
    coalesce(o.fee_to_date_amount, 0) + f.fee_amount as fee_to_date_amount,
    coalesce(o.interest_to_date_amount, 0) + f.interest_amount as interest_to_date_amount,
    o.lot_trade_ids, o.lot_dates, o.lot_quantities, o.lot_amounts,
    due.dates as closing_due_dates, due.quantities as closing_due_quantities
from date_flows as f
join books.holdings as h using (holding_id)
left join reference.instrument_terms as t on t.symbol = h.symbol
left join lateral books.rule_of(h.account, h.strategy, %(business_date)s) as rule on true
left join lateral (
    select c.*
    from books.closing_positions as c
    where c.holding_id = f.holding_id and c.business_date < %(business_date)s
    order by c.business_date desc, c.update_id desc
    limit 1
) as o on true
cross join lateral (
    select case
        when o.quantity <> 0 and h.symbol in (select symbol from reference.share_splits)
            then books.split_ratio(h.symbol, o.business_date, %(business_date)s)
        else 1
    end as ratio
) as split
cross join lateral (
    select coalesce(books.after_split(o.quantity, split.ratio), 0) as opening_quantity
) as opened
cross join lateral books.due_after(
    %(business_date)s, f.due_dates, f.due_quantities, o.due_dates, o.due_quantities, split.ratio
) as due
left join lateral (
    select c.*
    from books.closing_positions as c
    where c.holding_id = f.holding_id and c.business_date = %(business_date)s
    order by c.update_id desc
    limit 1
) as s on true
where f.holding_id in (select holding_id from changed_holdings)
   or (
       f.trade_count, f.bought_quantity, f.sold_quantity, f.bought_amount, f.sold_amount,
       f.fee_amount, f.interest_amount, rule.cost_method, split.ratio, due.dates, due.quantities
   ) is distinct from (
       s.trade_count, s.bought_quantity, s.sold_quantity, s.bought_amount, s.sold_amount,
       s.fee_amount, s.interest_amount, s.cost_method, s.split_ratio, s.due_dates,
       s.due_quantities
   );

create temporary table opening_lots on commit drop as
select
    t.holding_id, lot.number, lot.trade_id, lot.opened_on, lot.amount,
    -- rounded where they add up, so that all of them are the position
    books.after_split(sum(lot.quantity) over upto, t.split_ratio)
        - books.after_split(sum(lot.quantity) over upto - lot.quantity, t.split_ratio) as quantity
from touched_holdings as t
cross join lateral unnest(t.lot_trade_ids, t.lot_dates, t.lot_quantities, t.lot_amounts)
    with ordinality as lot (trade_id, opened_on, quantity, amount, number)
window upto as (partition by t.holding_id order by lot.number);

create temporary table closing_lots on commit drop as
select holding_id, number, trade_id, opened_on, now() as executed_at, quantity, amount
from opening_lots
with no data;

select (select count(*) from date_flows) as rows_in, count(*) as rows_out from touched_holdings;
