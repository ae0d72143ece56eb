-- purpose: hold what is booked against what was computed: the fees of the execution one by one,
--          the commission against their sum. Only what a rate applies to is judged; an execution
--          that states no fee at all is judged by its commission, where it says whose it is: with
--          nobody no rate was agreed.
-- reads: computed_fees, fee_sets (temporary), trade.executions, trade.pnl_snapshots (by
--        books.snapshots_of), reference.tolerances
-- writes: found_fee_breaks (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.found_fee_breaks;

create temporary table found_fee_breaks on commit drop as
with booked as (
    select
        c.*,
        c.amounts[s.brokerage_place] as computed_brokerage,
        c.amounts[s.clearing_place] as computed_clearing,
        c.amounts[s.exchange_place] as computed_exchange,
        c.amounts[s.brokerage_place] + c.amounts[s.clearing_place] + c.amounts[s.exchange_place]
            as computed_commission,
        p.commission,
        (c.brokerage_fee, c.clearing_fee, c.exchange_fee) <> (0, 0, 0) as states_fees
    from computed_fees as c
    join fee_sets as s using (set_id)
    left join books.snapshots_of(%(business_date)s) as p using (trade_id)
    where c.fee_rate_ids is not null
)
select
    b.trade_id,
    f.break_type,
    f.computed as expected_amount,
    f.booked as actual_amount,
    f.booked - f.computed as delta,
    b.currency,
    e.counterparty_id,
    e.symbol
from (
    select fee_delta_max
    from reference.tolerances
    where effective_from <= %(business_date)s
    order by effective_from desc
    limit 1
) as t
-- the whole trade first: few go on to be taken apart
join booked as b
    on abs(b.computed_commission - b.commission) > t.fee_delta_max
    or b.states_fees and greatest(
        abs(b.computed_brokerage - b.brokerage_fee),
        abs(b.computed_clearing - b.clearing_fee),
        abs(b.computed_exchange - b.exchange_fee)
    ) > t.fee_delta_max
join trade.executions as e
    on (e.business_date, e.trade_id, e.version) = (%(business_date)s, b.trade_id, b.version)
cross join lateral (
    values
    ('brokerage_fee_mismatch', b.computed_brokerage, b.brokerage_fee, b.states_fees),
    ('clearing_fee_mismatch', b.computed_clearing, b.clearing_fee, b.states_fees),
    ('exchange_fee_mismatch', b.computed_exchange, b.exchange_fee, b.states_fees),
    ('commission_mismatch', b.computed_commission, b.commission, true)
) as f (break_type, computed, booked, is_judged)
where f.is_judged
  and (b.states_fees or e.counterparty_id <> 'UNKNOWN')
  and abs(f.booked - f.computed) > t.fee_delta_max;

select
    (select count(fee_rate_ids) from computed_fees) as rows_in,
    (select count(*) from found_fee_breaks) as rows_out;
