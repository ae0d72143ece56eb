-- purpose: set beside each trade the last mark of its instrument, in units after splits since, and
--          the band around it. That is the mark of the eve; where none is fresh, what a source
--          other than our own trades states for the date.
-- reads: checked_trades (temporary), reference.price_bands, reference.instruments,
--        reference.share_splits, and marks by market.marks_on
-- writes: banded_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.banded_trades;

create temporary table banded_trades on commit drop as
with marks as (
    select distinct on (symbol)
        symbol, currency, mark_date, source,
        case when symbol in (select symbol from reference.share_splits)
            then trim_scale(
                round(price / books.split_ratio(symbol, unit_date, %(business_date)s), 10)
            )
            else price
        end as price
    from (
        select 1 as place, %(business_date)s::date - 1 as unit_date, m.*
        from market.marks_on(%(business_date)s::date - 1) as m
        union all
        select 2, %(business_date)s, m.*
        from market.marks_on(%(business_date)s) as m
        where m.source <> 'last_execution'
    ) as found
    where not is_stale
    order by symbol, place
),
banded as (
    select m.*, band.band_percent, band.listed_max, band.source as band_source
    from marks as m
    join reference.instruments as i on i.symbol = m.symbol
    left join lateral (
        select b.band_percent, b.listed_max, b.source
        from reference.price_bands as b
        where b.asset_class in ('*', i.asset_class)
          and b.effective_from <= %(business_date)s
          and b.price_above < m.price
        order by b.asset_class = '*', b.price_above desc, b.effective_from desc
        limit 1
    ) as band on true
)
select
    t.trade_id,
    case
        when m.symbol is null then 'no_mark'
        when m.currency <> t.currency then 'mark_in_other_currency'
        when m.band_percent is null then 'no_band'
        else 'checked'
    end as outcome,
    t.symbol, t.price, m.price as mark, m.mark_date, m.source as mark_source, m.band_percent,
    m.listed_max, m.band_source, 100 * (t.price - m.price) / nullif(m.price, 0) as deviation_percent
from checked_trades as t
left join banded as m on m.symbol = t.symbol;

select
    count(*) as rows_in,
    count(*) filter (where outcome = 'checked') as rows_out
from banded_trades;
