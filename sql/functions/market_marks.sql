-- The mark of a date: of every source the newest, of all sources the first that is not stale; an
-- approved override of the date before them all.

create or replace function market.is_plausible(price numeric) returns boolean
language sql immutable as $$
    -- NaN is above every number
    select abs(price) <= 1000000000
$$;
comment on function market.is_plausible(numeric) is
    'Whether a number can be a price at all: the bound of the feed''s rule price_out_of_range. NaN and '
    'Infinity cannot.';

create or replace function market.goes_below_nought(asset_class text) returns boolean
language sql immutable as $$
    select coalesce(asset_class in ('DERIVATIVE', 'COMMODITY'), false)
$$;
comment on function market.goes_below_nought(text) is
    'Whether an instrument of the class may be worth nought or less: futures may (the WTI contract for '
    'May 2020 settled at -37.63 USD on 20 April 2020), options run out worthless; shares, funds, bonds '
    'and currency pairs are above nought. False where the class is not known.';

drop function if exists market.best_marks(date, timestamptz) cascade;
create function market.best_marks(p_business_date date, p_known_at timestamptz)
returns table (
    mark_kind text,
    symbol text,
    tenor_days integer,
    price numeric,
    currency text,
    mark_date date,
    source text,
    is_stale boolean,
    override_id integer,
    observed_at timestamptz
)
language sql stable as $$
    -- one look-up for each series, and one for its newest mark: however long the history is
    with recursive series as (
        (
            select symbol, mark_kind, tenor_days, currency, source_id
            from market.marks
            order by symbol, mark_kind, tenor_days, currency, source_id
            limit 1
        )
        union all
        select next.*
        from series as s
        cross join lateral (
            select m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id
            from market.marks as m
            where (m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id)
                > (s.symbol, s.mark_kind, s.tenor_days, s.currency, s.source_id)
            order by m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id
            limit 1
        ) as next
    ),
    stated as (
        select
            s.mark_kind, s.symbol, s.tenor_days, s.currency, m.mark_date, s.source_id, m.price,
            m.observed_at, null::integer as override_id
        from series as s
        cross join lateral (
            select mark_date, price, observed_at
            from market.marks
            where symbol = s.symbol
              and mark_kind = s.mark_kind
              and tenor_days = s.tenor_days
              and currency = s.currency
              and source_id = s.source_id
              and mark_date <= p_business_date
              and recorded_at <= p_known_at
            order by mark_date desc, observed_at desc
            limit 1
        ) as m
    ),
    traded_series as (
        (
            select symbol, currency
            from books.marks
            order by symbol, currency
            limit 1
        )
        union all
        select next.*
        from traded_series as s
        cross join lateral (
            select m.symbol, m.currency
            from books.marks as m
            where (m.symbol, m.currency) > (s.symbol, s.currency)
            order by m.symbol, m.currency
            limit 1
        ) as next
    ),
    -- what the house itself traded: the source of the lowest priority
    traded as (
        select
            case i.asset_class when 'FX' then 'FX' else 'PRICE' end, s.symbol, 0, s.currency,
            m.business_date, m.mark_source, m.mark_price, null::timestamptz, null::integer
        from traded_series as s
        cross join lateral (
            select business_date, mark_source, mark_price
            from books.marks
            where symbol = s.symbol
              and currency = s.currency
              and business_date <= p_business_date
            order by business_date desc
            limit 1
        ) as m
        left join reference.instruments as i on i.symbol = s.symbol
    ),
    decided as (
        select distinct on (o.symbol, o.mark_kind, o.tenor_days, o.mark_date)
            o.mark_kind, o.symbol, o.tenor_days, o.currency, o.mark_date, 'override', o.price,
            d.decided_at, o.override_id
        from market.overrides as o
        join market.override_decisions as d
            on d.override_id = o.override_id
            and d.decision = 'APPROVED'
        where o.mark_date <= p_business_date
          and d.decided_at <= p_known_at
        order by
            o.symbol, o.mark_kind, o.tenor_days, o.mark_date, d.decided_at desc, o.override_id desc
    ),
    every_mark as (
        select * from stated
        union all
        select * from traded
        union all
        -- one stored before such prices were refused states nothing
        select * from decided where market.is_plausible(price)
    )
    select distinct on (m.symbol, m.mark_kind, m.tenor_days)
        m.mark_kind, m.symbol, m.tenor_days, m.price, m.currency, m.mark_date, m.source_id,
        judged.is_stale, m.override_id, m.observed_at
    from every_mark as m
    left join reference.instruments as i on i.symbol = m.symbol
    left join reference.markets as venue on venue.market_id = i.market_id
    left join reference.calendar_days as then_day
        on then_day.calendar_id = coalesce(venue.trading_calendar, 'WEEKDAYS')
        and then_day.calendar_date = m.mark_date
    left join reference.calendar_days as this_day
        on this_day.calendar_id = then_day.calendar_id
        and this_day.calendar_date = p_business_date
    left join lateral (
        select s.priority, s.days_old_max
        from reference.mark_sources as s
        where s.source_id = m.source_id
          and s.asset_class in (
              '*',
              case when m.mark_kind = 'PRICE' then coalesce(i.asset_class, '*') else m.mark_kind end
          )
          and s.effective_from <= p_business_date
        order by s.asset_class = '*', s.effective_from desc
        limit 1
    ) as policy on true
    cross join lateral (
        select
            -- beyond the calendar every day counts
            coalesce(
                this_day.business_day_ordinal - then_day.business_day_ordinal,
                p_business_date - m.mark_date
            ) > coalesce(policy.days_old_max, 0) as is_stale,
            coalesce(policy.priority, 0) as priority
    ) as judged
    -- a source that policy does not know (any more) states nothing
    where m.override_id is not null or policy.priority is not null
    order by
        m.symbol, m.mark_kind, m.tenor_days,
        (m.override_id is not null and m.mark_date = p_business_date) desc,
        (m.currency is not distinct from i.currency) desc,
        judged.is_stale,
        case when not judged.is_stale then judged.priority end,
        m.mark_date desc,
        judged.priority,
        m.currency
$$;
comment on function market.best_marks(date, timestamptz) is
    'Of every instrument, pair and curve point the one mark that counts on a date, of what was known '
    'at an instant. Where none is fresh: the newest, marked stale.';

drop function if exists market.marks_on(date, timestamptz) cascade;
create function market.marks_on(
    p_business_date date, p_known_at timestamptz default 'infinity'
)
returns table (
    symbol text,
    price numeric,
    currency text,
    mark_date date,
    source text,
    is_stale boolean,
    override_id integer,
    observed_at timestamptz
)
language sql stable as $$
    select
        symbol,
        case
            when mark_date < p_business_date
                and symbol in (select symbol from reference.share_splits)
                then trim_scale(
                    round(price / books.split_ratio(symbol, mark_date, p_business_date), 10)
                )
            else price
        end,
        currency, mark_date, source, is_stale, override_id, observed_at
    from market.best_marks(p_business_date, p_known_at)
    where mark_kind <> 'CURVE'
$$;
comment on function market.marks_on(date, timestamptz) is
    'At most one mark per instrument, in units of the date: a price from before a split is divided by '
    'its ratio, to 10 decimals. No row: unpriced. A stale one is a row with is_stale; what may '
    'be valued by it is for the reader to say.';

drop function if exists market.fx_rates_on(date, text, timestamptz) cascade;
create function market.fx_rates_on(
    p_business_date date,
    p_base_currency text default 'USD',
    p_known_at timestamptz default 'infinity'
)
returns table (
    currency text,
    base_currency text,
    rate numeric,
    mark_date date,
    source text,
    is_stale boolean,
    override_id integer
)
language sql stable as $$
    with pairs as (
        select left(symbol, 3) as bought, m.*
        from market.best_marks(p_business_date, p_known_at) as m
        where mark_kind = 'FX'
          and price > 0
    ),
    -- against the US dollar, which every pair that is quoted leads to; a direct quote before one
    -- that has to be turned round
    dollars as (
        select distinct on (q.currency)
            q.currency, q.rate, q.mark_date, q.source, q.is_stale, q.override_id
        from (
            select
                bought as currency, price as rate, mark_date, source, is_stale, override_id,
                0 as turns
            from pairs
            where pairs.currency = 'USD'
            union all
            select pairs.currency, 1 / price, mark_date, source, is_stale, override_id, 1
            from pairs
            where bought = 'USD'
        ) as q
        order by q.currency, q.turns
    ),
    every_rate as (
        select * from dollars
        union all
        select 'USD', 1::numeric, p_business_date, 'identity', false, null
    )
    select
        r.currency,
        p_base_currency,
        case when r.currency = p_base_currency then 1 else r.rate / base.rate end,
        least(r.mark_date, base.mark_date),
        case when r.currency = p_base_currency then 'identity' else r.source end,
        r.currency <> p_base_currency and (r.is_stale or base.is_stale),
        coalesce(r.override_id, base.override_id)
    from every_rate as r
    join every_rate as base on base.currency = p_base_currency
$$;
comment on function market.fx_rates_on(date, text, timestamptz) is
    'Units of the base currency for one unit of each currency, through the US dollar. The base itself '
    'is 1. No row: no rate, and what is in that currency stays unvalued in the base.';

drop function if exists market.curve_points_on(date, timestamptz) cascade;
create function market.curve_points_on(
    p_business_date date, p_known_at timestamptz default 'infinity'
)
returns table (
    curve text,
    currency text,
    tenor_days integer,
    rate numeric,
    mark_date date,
    source text,
    is_stale boolean,
    override_id integer
)
language sql stable as $$
    select symbol, currency, tenor_days, price, mark_date, source, is_stale, override_id
    from market.best_marks(p_business_date, p_known_at)
    where mark_kind = 'CURVE'
$$;
comment on function market.curve_points_on(date, timestamptz) is
    'Points of every curve: the rate for a tenor in days, one row each.';
