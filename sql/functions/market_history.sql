-- The history of marks as scenarios need it: of each day the mark that was stated for that very day.

drop function if exists market.history(date, date) cascade;
create function market.history(p_from date, p_to date)
returns table (mark_kind text, symbol text, currency text, mark_date date, price numeric)
language sql stable as $$
    with decided as (
        select distinct on (o.symbol, o.mark_date)
            o.mark_kind, o.symbol, o.currency, o.mark_date, o.price
        from market.overrides as o
        join market.override_decisions as d
            on d.override_id = o.override_id
            and d.decision = 'APPROVED'
        where o.mark_date between p_from and p_to
          and o.mark_kind <> 'CURVE'
        order by o.symbol, o.mark_date, d.decided_at desc, o.override_id desc
    ),
    every_mark as (
        select
            m.mark_kind, m.symbol, m.currency, m.mark_date, m.price, m.source_id, m.observed_at
        from market.marks as m
        where m.mark_date between p_from and p_to
          and m.mark_kind <> 'CURVE'
        union all
        select
            case i.asset_class when 'FX' then 'FX' else 'PRICE' end, m.symbol, m.currency,
            m.business_date, m.mark_price, m.mark_source, null
        from books.marks as m
        left join reference.instruments as i on i.symbol = m.symbol
        where m.business_date between p_from and p_to
        union all
        select mark_kind, symbol, currency, mark_date, price, 'override', null
        from decided
        where price is not null
    ),
    -- * stands below a row of the class: its priority counts only where there is none
    ranks as (
        select distinct on (source_id, asset_class)
            source_id, asset_class, priority
        from reference.mark_sources
        where effective_from <= p_to
        order by source_id, asset_class, effective_from desc
    )
    select distinct on (m.symbol, m.mark_date)
        m.mark_kind, m.symbol, m.currency, m.mark_date,
        case when m.symbol in (select symbol from reference.share_splits)
            then m.price / books.split_ratio(m.symbol, m.mark_date, p_to)
            else m.price
        end
    from every_mark as m
    left join reference.instruments as i on i.symbol = m.symbol
    left join ranks as own
        on own.source_id = m.source_id
        and own.asset_class = case m.mark_kind when 'FX' then 'FX' else i.asset_class end
    left join ranks as any_class
        on any_class.source_id = m.source_id
        and any_class.asset_class = '*'
    where m.source_id = 'override'
       or own.priority is not null
       or any_class.priority is not null
    order by
        m.symbol, m.mark_date, m.source_id = 'override' desc,
        m.currency is not distinct from i.currency desc,
        coalesce(own.priority, any_class.priority), m.observed_at desc nulls last, m.currency
$$;
comment on function market.history(date, date) is
    'Of each instrument and pair the mark that counts for each day of a span, of the marks of that very '
    'day, in units of its end (after splits): nothing is carried forward. Priorities as in force at '
    'its end.';

drop function if exists market.rate_history(date, date, text) cascade;
create function market.rate_history(p_from date, p_to date, p_base_currency text)
returns table (currency text, mark_date date, rate numeric)
language sql stable as $$
    with dollars as (
        select distinct on (q.currency, q.mark_date) q.currency, q.mark_date, q.rate
        from (
            select left(symbol, 3) as currency, mark_date, price as rate, 0 as turns
            from market.history(p_from, p_to)
            where mark_kind = 'FX'
              and currency = 'USD'
              and price > 0
            union all
            select currency, mark_date, 1 / price, 1
            from market.history(p_from, p_to)
            where mark_kind = 'FX'
              and left(symbol, 3) = 'USD'
              and price > 0
        ) as q
        order by q.currency, q.mark_date, q.turns
    ),
    every_rate as (
        select currency, mark_date, rate from dollars
        union all
        select 'USD', day::date, 1
        from generate_series(p_from, p_to, interval '1 day') as day
    )
    select
        r.currency, r.mark_date,
        case when r.currency = base.currency then 1 else r.rate / base.rate end
    from every_rate as r
    join every_rate as base
        on base.mark_date = r.mark_date
        and base.currency = p_base_currency
$$;
comment on function market.rate_history(date, date, text) is
    'Rates into the base currency day by day, of the marks of that very day; the dollar has one always.';
