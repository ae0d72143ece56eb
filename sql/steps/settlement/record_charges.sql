-- purpose: note that the fees of a date are computed, of what, and what could not be.
-- reads: computed_fees, fee_kinds, kind_rates (temporary)
-- writes: settlement.charged_dates, settlement.fees_not_computed
-- rerun: replace the date
-- parameters: business_date, run_id, input_count, rate_count

insert into settlement.charged_dates as c (
    business_date, trade_count, charged_count, input_count, rate_count, run_id
)
select
    %(business_date)s, count(*), count(fee_rate_ids), %(input_count)s, %(rate_count)s, %(run_id)s
from computed_fees
on conflict (business_date) do update set
    trade_count = excluded.trade_count,
    charged_count = excluded.charged_count,
    input_count = excluded.input_count,
    rate_count = excluded.rate_count,
    run_id = excluded.run_id
where (c.trade_count, c.charged_count, c.input_count, c.rate_count)
    <> (excluded.trade_count, excluded.charged_count, excluded.input_count, excluded.rate_count);

delete from settlement.fees_not_computed where business_date = %(business_date)s;

with counted as (
    select kind_id, count(*) as trade_count
    from computed_fees
    group by kind_id
),
missing as (
    select k.market_id, k.asset_class, r.fee_type, c.trade_count
    from counted as c
    join fee_kinds as k using (kind_id)
    join kind_rates as r using (kind_id)
    where not r.is_in_force
    union all
    select k.market_id, k.asset_class, 'ANY', c.trade_count
    from counted as c
    join fee_kinds as k using (kind_id)
    where not exists (select from kind_rates as r where r.kind_id = k.kind_id)
)
insert into settlement.fees_not_computed (
    business_date, market_id, asset_class, fee_type, trade_count
)
select %(business_date)s, market_id, asset_class, fee_type, sum(trade_count)
from missing
group by market_id, asset_class, fee_type;

select trade_count as rows_in, charged_count as rows_out
from settlement.charged_dates
where business_date = %(business_date)s;
