-- purpose: flag trades priced further from the last mark than the band allows. That is the mark of
--          the eve of the date; where none is fresh, what a source other than our own trades states
--          for the date. Without one, or in another currency, a trade is not checked.
-- reads: checked_trades (temporary), reference.price_bands, reference.instruments; by
--        market.marks_on also market.marks, market.overrides and books.marks
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: business_date

delete from found_alerts where rule = 'price_band';

delete from found_coverage where rule = 'price_band';

drop table if exists pg_temp.banded_trades;

create temporary table banded_trades on commit drop as
with marks as (
    select distinct on (symbol) symbol, price, currency, mark_date, source
    from (
        select 1 as place, m.*
        from market.marks_on(%(business_date)s::date - 1) as m
        union all
        select 2, m.*
        from market.marks_on(%(business_date)s) as m
        where m.source <> 'last_execution'
    ) as found
    where not is_stale
    order by symbol, place
),
banded as (
    select m.*, band.band_percent, band.source as band_source
    from marks as m
    join reference.instruments as i on i.symbol = m.symbol
    left join lateral (
        select b.band_percent, b.source
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
    m.price as mark, m.mark_date, m.source as mark_source, m.band_percent, m.band_source
from checked_trades as t
left join banded as m on m.symbol = t.symbol;

insert into found_alerts
select
    'price_band', 'TRADE', t.trade_id, t.symbol, t.account, t.counterparty_id,
    jsonb_build_object(
        'version', t.version, 'price', t.price::text, 'mark', b.mark::text,
        'currency', t.currency, 'mark_date', b.mark_date, 'mark_source', b.mark_source,
        'deviation_percent', round(100 * (t.price - b.mark) / b.mark, 4)::text,
        'band_percent', b.band_percent::text, 'band_source', b.band_source
    )
from banded_trades as b
join checked_trades as t on t.trade_id = b.trade_id
where b.outcome = 'checked'
  and 100 * abs(t.price - b.mark) > b.band_percent * b.mark;

insert into found_coverage
select 'price_band', outcome, count(*) from banded_trades group by outcome;

select
    (select count(*) from banded_trades) as rows_in,
    (select count(*) from found_alerts where rule = 'price_band') as rows_out;
