-- Packs that have to be made anew.

create or replace view report.changed_marks as
with builds as (
    select
        business_date,
        max(update_id) as update_id,
        -- a transaction that began before may have ended after: what follows compares values
        max(known_at) - interval '1 hour' as known_at
    from books.updates
    where business_date in (select business_date from report.versions)
    group by business_date
),
told_marks as (
    select distinct on (m.business_date, m.symbol, m.currency) m.*, b.known_at
    from books.close_marks as m
    join builds as b using (business_date)
    order by m.business_date, m.symbol, m.currency, m.update_id desc
),
told_rates as (
    select distinct on (r.business_date, r.currency, r.base_currency)
        r.*,
        b.known_at,
        array[
            r.currency || 'USD', 'USD' || r.currency, r.base_currency || 'USD',
            'USD' || r.base_currency
        ] as pairs
    from books.close_rates as r
    join builds as b using (business_date)
    order by r.business_date, r.currency, r.base_currency, r.update_id desc
),
asked as (
    select business_date, known_at, mark_date, array[symbol] as symbols
    from told_marks
    union all
    select business_date, known_at, rate_date, pairs
    from told_rates
),
-- only those get the comparison by value that heard anything since
heard_since as (
    select distinct a.business_date
    from asked as a
    where exists (
        select
        from market.marks as m
        where m.symbol = any(a.symbols)
          and m.mark_date between coalesce(a.mark_date, '-infinity') and a.business_date
          and m.recorded_at > a.known_at
    )
    or exists (
        select
        from market.overrides as o
        join market.override_decisions as d on d.override_id = o.override_id
        where o.symbol = any(a.symbols)
          and o.mark_date <= a.business_date
          and d.decided_at > a.known_at
    )
)
select h.business_date, t.symbol
from heard_since as h
join told_marks as t on t.business_date = h.business_date
left join lateral market.marks_on(h.business_date) as m
    on m.symbol = t.symbol
    and m.currency = t.currency
where (t.mark_price, t.mark_date, t.mark_source, t.is_stale)
    is distinct from (m.price, m.mark_date, m.source, m.is_stale)
union
select h.business_date, t.currency || t.base_currency
from heard_since as h
join told_rates as t on t.business_date = h.business_date
left join lateral market.fx_rates_on(h.business_date, t.base_currency) as r
    on r.currency = t.currency
where t.rate is distinct from r.rate;
comment on view report.changed_marks is
    'Closed dates whose positions would be valued otherwise today, by symbol or pair of currencies: a '
    'mark came late, or a person''s word over one was approved after the close.';

create or replace view report.outdated_dates as
with newest as (
    select business_date, max(version) as version
    from report.versions
    group by business_date
),
compared as (
    select
        n.business_date,
        n.version,
        case
            when c.input_count is null then 0
            else (
                select count(*)
                from control.received_counts as r
                where r.business_date = n.business_date
            ) - c.input_count
        end as late_input_count,
        -- its own books: of a date that is behind, or that the close of another one built anew
        n.business_date in (select business_date from books.stale_dates)
        or exists (
            select
            from books.flow_changes as f
            join books.updates as u on u.update_id = f.update_id
            where f.business_date = n.business_date
              and u.business_date <> n.business_date
              and f.update_id > (
                  select max(own.update_id)
                  from books.updates as own
                  where own.business_date = n.business_date
              )
        ) as is_behind,
        array(
            -- those that the rendering did not see
            select distinct later.business_date
            from (
                select f.business_date
                from books.flow_changes as f
                where f.business_date < n.business_date
                order by f.change_id
                offset c.earlier_change_count
            ) as later
            order by later.business_date
        ) as changed_dates,
        coalesce(m.symbols, '{}') as changed_marks
    from newest as n
    join control.closes as c on c.business_date = n.business_date
    left join (
        select business_date, array_agg(symbol order by symbol) as symbols
        from report.changed_marks
        group by business_date
    ) as m on m.business_date = n.business_date
)
select
    business_date, version, late_input_count,
    case
        -- what came late says so already
        when is_behind and late_input_count = 0 then changed_dates || business_date
        else changed_dates
    end as changed_dates,
    changed_marks
from compared
where late_input_count > 0
   or is_behind
   or cardinality(changed_dates) > 0
   or cardinality(changed_marks) > 0;
comment on view report.outdated_dates is
    'Dates to close again. late_input_count: batches that brought records, or took some away, '
    'after the date was closed. changed_dates: earlier dates whose flows changed after the pack '
    'was made, so that it opens with other positions than they close with, and the date itself where '
    'its own changed (an allocation, a split) without a late record. changed_marks: symbols and '
    'pairs that it would be valued by otherwise today.';
