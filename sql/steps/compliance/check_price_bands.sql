-- purpose: flag trades priced further from the last mark than the band allows; of an instrument
--          with many of them the instrument. A trade without a mark is not checked, and counted.
-- reads: banded_trades, checked_trades (temporary)
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: none

delete from found_alerts where rule = 'price_band';

delete from found_coverage where rule = 'price_band';

with outside as (
    select *, count(*) over (partition by symbol) as trade_count
    from banded_trades
    where outcome = 'checked'
      and 100 * abs(price - mark) > band_percent * mark
)
insert into found_alerts
select
    'price_band', 'TRADE', o.trade_id, o.symbol, t.account, t.counterparty_id,
    jsonb_build_object(
        'version', t.version, 'price', o.price::text, 'mark', o.mark::text, 'currency', t.currency,
        'mark_date', o.mark_date, 'mark_source', o.mark_source,
        'band_percent', o.band_percent::text,
        'deviation_percent', round(o.deviation_percent, 4)::text, 'band_source', o.band_source
    )
from outside as o
join checked_trades as t on t.trade_id = o.trade_id
where o.trade_count <= o.listed_max
union all
select
    'price_band', 'INSTRUMENT', symbol, symbol, null, null,
    jsonb_build_object(
        'trade_count', count(*), 'lowest_price', min(price)::text,
        'highest_price', max(price)::text, 'mark', mark::text, 'mark_date', mark_date,
        'mark_source', mark_source,
        'band_percent', band_percent::text, 'band_source', band_source
    )
from outside
where trade_count > listed_max
group by symbol, mark, mark_date, mark_source, band_percent, band_source;

insert into found_coverage
select 'price_band', outcome, count(*) from banded_trades group by outcome;

select
    (
        select coalesce(sum(subject_count), 0)
        from found_coverage
        where rule = 'price_band'
    ) as rows_in,
    (select count(*) from found_alerts where rule = 'price_band') as rows_out;
