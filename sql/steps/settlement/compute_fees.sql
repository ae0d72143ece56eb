-- purpose: compute what each live trade of a date is charged: fees first, then the taxes on them.
-- reads: trade.executions, reference.instruments, reference.sources, kind_sets,
--        fee_sets (temporary)
-- writes: computed_fees (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.computed_fees;

-- how few kinds there are for so many trades is more than the planner can see: a hash of them costs
-- a tenth of sorting the trades by seven columns
set local enable_nestloop to off;
set local enable_mergejoin to off;

create temporary table computed_fees on commit drop as
select
    e.trade_id,
    e.version,
    e.currency,
    e.brokerage_fee,
    e.clearing_fee,
    e.exchange_fee,
    k.kind_id,
    s.set_id,
    s.fee_rate_ids,
    array(
        select settlement.charge(
            case (t).basis
                when 'NOTIONAL' then abs(e.price * e.quantity)
                when 'QUANTITY' then e.quantity
                else 1
            end, t
        )
        -- handed on one by one, as a function in from would not do
        from (select unnest(s.terms) as t) as listed
    ) as amounts
from trade.executions as e
left join reference.instruments as i on i.symbol = e.symbol
left join reference.sources as o on o.source_id = e.source_id
join kind_sets as k
    on (
        k.market_id, k.asset_class, k.currency, k.side, k.counterparty_id, k.account,
        k.settlement_date
    ) = (
        coalesce(i.market_id, o.market_id, '-'), e.asset_class, e.currency, e.side,
        e.counterparty_id, e.account, e.settlement_date
    )
left join fee_sets as s on s.set_id = k.set_id
where e.business_date = %(business_date)s
  and e.status <> 'CANCELLED'
  and not exists (
      select
      from trade.executions as newer
      where newer.business_date = %(business_date)s
        and newer.trade_id = e.trade_id
        and newer.version > e.version
        and newer.version > 1
  );

set local enable_nestloop to default;
set local enable_mergejoin to default;

update computed_fees as c
set fee_rate_ids = c.fee_rate_ids || s.tax_ids,
    amounts = c.amounts || array(
        select settlement.charge(
            (select sum(c.amounts[place]) from unnest(s.taxed_places) as place), t
        )
        from (select unnest(s.taxes) as t) as listed
    )
from fee_sets as s
where s.set_id = c.set_id
  and s.taxes is not null
  and s.taxed_places is not null;

analyze computed_fees;

select count(*) as rows_in, count(fee_rate_ids) as rows_out from computed_fees;
