-- purpose: compute what each live trade of a date is charged: fees first, then the taxes on them.
-- reads: trade.executions, reference.instruments, reference.sources, kind_terms (temporary)
-- writes: computed_fees (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.computed_fees;

create temporary table computed_fees on commit drop as
select
    e.trade_id,
    e.version,
    e.currency,
    e.brokerage_fee,
    e.clearing_fee,
    e.exchange_fee,
    k.kind_id,
    k.fee_rate_ids,
    array(
        select settlement.charge(
            case t.basis
                when 'NOTIONAL' then abs(e.price * e.quantity)
                when 'QUANTITY' then e.quantity
                else 1
            end, t
        )
        from unnest(k.terms) as t
    ) as amounts
from trade.executions as e
left join reference.instruments as i on i.symbol = e.symbol
left join reference.sources as o on o.source_id = e.source_id
join kind_terms as k
    on (
        k.market_id, k.asset_class, k.currency, k.side, k.counterparty_id, k.account,
        k.settlement_date
    ) = (
        coalesce(i.market_id, o.market_id, '-'), e.asset_class, e.currency, e.side,
        e.counterparty_id, e.account, e.settlement_date
    )
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

update computed_fees as c
set fee_rate_ids = c.fee_rate_ids || k.tax_ids,
    amounts = c.amounts || array(
        select settlement.charge(
            (select sum(c.amounts[place]) from unnest(k.taxed_places) as place), t
        )
        from unnest(k.taxes) as t
    )
from kind_terms as k
where k.kind_id = c.kind_id
  and k.taxes is not null
  and k.taxed_places is not null;

analyze computed_fees;

select count(*) as rows_in, count(fee_rate_ids) as rows_out from computed_fees;
