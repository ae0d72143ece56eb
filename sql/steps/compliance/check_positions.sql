-- purpose: flag accounts that hold more of an instrument, long or short, than their limit.
-- reads: reference.position_limits; by books.positions_as_of books.holdings,
--        books.closing_positions, books.updates
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: business_date

delete from found_alerts where rule = 'position_limit';

delete from found_coverage where rule = 'position_limit';

drop table if exists pg_temp.limited_positions;

create temporary table limited_positions on commit drop as
with positions as (
    select
        account,
        symbol,
        (array_agg(asset_class order by moved_on desc))[1] as asset_class,
        sum(quantity) as quantity
    from books.positions_as_of(%(business_date)s)
    group by account, symbol
)
select p.*, l.quantity_max, l.source
from positions as p
left join lateral (
    select quantity_max, source
    from reference.position_limits as l
    where l.account in ('*', p.account)
      and l.asset_class = p.asset_class
      and l.effective_from <= %(business_date)s
    order by l.account = '*', l.effective_from desc
    limit 1
) as l on true
where p.quantity <> 0;

insert into found_alerts
select
    'position_limit', 'POSITION', account || ' / ' || symbol, symbol, account, null,
    jsonb_build_object(
        'asset_class', asset_class, 'quantity', quantity::text, 'limit', quantity_max::text,
        'limit_source', source
    )
from limited_positions
where abs(quantity) > quantity_max;

insert into found_coverage
select
    'position_limit',
    case when quantity_max is null then 'no_limit' else 'checked' end,
    count(*)
from limited_positions
group by 2;

select
    (select count(*) from limited_positions) as rows_in,
    (select count(*) from found_alerts where rule = 'position_limit') as rows_out;
