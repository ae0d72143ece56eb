-- purpose: find, once for each kind of trade of a date, the rates that apply: of each fee type the
--          most specific one in force on its charge date.
-- reads: trade.executions, reference.instruments, reference.sources, reference.fee_rates
-- writes: fee_kinds, kind_rates (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_date

drop table if exists pg_temp.fee_kinds, pg_temp.kind_rates;

create temporary table fee_kinds on commit drop as
select row_number() over () as kind_id, k.*
from (
    select distinct
        coalesce(i.market_id, o.market_id, '-') as market_id,
        e.asset_class,
        e.currency,
        e.side,
        e.counterparty_id,
        e.account,
        e.settlement_date
    from (
        select distinct
            source_id, symbol, asset_class, currency, side, counterparty_id, account,
            settlement_date
        from trade.executions
        where business_date = %(business_date)s
    ) as e
    left join reference.instruments as i on i.symbol = e.symbol
    left join reference.sources as o on o.source_id = e.source_id
) as k;

create temporary table kind_rates on commit drop as
with fitting as (
    select
        k.kind_id,
        r.fee_rate_id,
        r.fee_type,
        daterange(r.effective_from, r.effective_until) @> case r.date_rule
            when 'SETTLEMENT_DATE' then k.settlement_date else %(business_date)s::date
        end as is_in_force,
        (r.account is not null)::integer * 16 + (r.counterparty_id is not null)::integer * 8
        + (r.market_id is not null)::integer * 4 + (r.asset_class is not null)::integer * 2
        + (r.currency is not null)::integer as specificity
    from fee_kinds as k
    join reference.fee_rates as r
        on coalesce(r.market_id = k.market_id, true)
        and coalesce(r.asset_class = k.asset_class, true)
        and coalesce(r.currency = k.currency, true)
        and coalesce(r.side = k.side, true)
        and coalesce(r.counterparty_id = k.counterparty_id, true)
        and coalesce(r.account = k.account, true)
    where r.withdrawn_at is null
)
-- one that is not in force says that a fee is due of which no rate is known
select distinct on (kind_id, fee_type) kind_id, fee_type, fee_rate_id, is_in_force
from fitting
order by kind_id, fee_type, is_in_force desc, specificity desc, fee_rate_id;

analyze fee_kinds;
analyze kind_rates;

select
    (select count(*) from fee_kinds) as rows_in,
    (select count(*) from kind_rates where is_in_force) as rows_out;
