-- A person's word over a mark: one asks, another decides. The constraints hold it; these functions
-- spare the typing and say what to do.

create or replace function market.propose_override(
    p_symbol text, p_mark_date date, p_price numeric, p_currency text, p_reason text,
    p_made_by text, p_mark_kind text default 'PRICE', p_tenor_days integer default 0
) returns integer
language plpgsql as $$
declare
    own_currency text := (
        select currency
        from reference.instruments
        where symbol = p_symbol
          and p_mark_kind <> 'CURVE'
    );
    own_class text := (select asset_class from reference.instruments where symbol = p_symbol);
    new_id integer;
begin
    if p_price is not null and not market.is_plausible(p_price) then
        raise exception using
            errcode = 'PT032',
            message = format('%s is not a price', p_price),
            hint = 'State a number within a thousand million on either side of nought.';
    end if;
    if p_price <= 0 and (
        p_mark_kind = 'FX' or (p_mark_kind = 'PRICE' and not market.goes_below_nought(own_class))
    ) then
        raise exception using
            errcode = 'PT032',
            message = format(
                '%s of %s is not above nought, as a price of %s must be',
                p_price, p_symbol, coalesce(own_class, 'an unknown instrument')
            ),
            hint = 'Only futures, options and curve points may stand at nought or below. To take an '
                'override back, propose null: the sources count again.';
    end if;
    if not exists (select from reference.instruments where symbol = p_symbol)
        and not exists (select from market.marks where symbol = p_symbol)
    then
        raise exception using
            errcode = 'PT033',
            message = format('no instrument %s, and no mark of it', coalesce(p_symbol, '(null)')),
            hint = 'State a symbol of reference.instruments or of market.marks as it stands there.';
    end if;
    if own_currency <> p_currency then
        raise exception using
            errcode = 'PT030',
            message = format('%s is quoted in %s, not in %s', p_symbol, own_currency, p_currency),
            hint = 'State the price in the currency of the instrument.';
    end if;
    insert into market.overrides (
        mark_kind, symbol, currency, tenor_days, mark_date, price, reason, made_by
    )
    values (
        p_mark_kind, p_symbol, p_currency, p_tenor_days, p_mark_date, p_price, p_reason, p_made_by
    )
    returning override_id into new_id;
    return new_id;
end
$$;
comment on function market.propose_override(
    text, date, numeric, text, text, text, text, integer
) is
    'Asks for another mark of a date (null: what the sources say again). Gives the id that a second '
    'person decides with market.decide_override; until then nothing changes.';

create or replace function market.decide_override(
    p_override_id integer, p_decision text, p_decided_by text, p_comment text default null
) returns void
language plpgsql as $$
declare
    maker text := (select made_by from market.overrides where override_id = p_override_id);
begin
    if maker is null then
        raise exception using
            errcode = 'PT031',
            message = format('no override %s', p_override_id),
            hint = 'market.overrides lists what was asked for.';
    end if;
    if coalesce(btrim(p_decided_by), '') = ''
        or lower(btrim(p_decided_by)) = lower(btrim(maker))
    then
        raise exception using
            errcode = 'PT034',
            message = format(
                'the second person must be another one than %s, who asked for override %s',
                maker, p_override_id
            ),
            hint = 'Let someone else decide, under their own name.';
    end if;
    insert into market.override_decisions (override_id, made_by, decision, decided_by, comment)
    values (p_override_id, maker, p_decision, p_decided_by, p_comment);
end
$$;
comment on function market.decide_override(integer, text, text, text) is
    'APPROVED or REFUSED, once, by someone else than who asked; takes effect at once.';

drop function if exists market.overrides_on(date) cascade;
create function market.overrides_on(p_business_date date)
returns table (
    override_id integer,
    mark_kind text,
    symbol text,
    tenor_days integer,
    currency text,
    mark_date date,
    state text,
    old_price numeric,
    old_source text,
    override_price numeric,
    new_price numeric,
    reason text,
    made_by text,
    made_at timestamptz,
    decided_by text,
    decided_at timestamptz,
    decision_comment text
)
language sql stable as $$
    with listed as (
        select
            o.*, d.decision, d.decided_by, d.decided_at, d.comment,
            -- what counted before the decision is what it replaced; while it waits, what counts now
            coalesce(d.decided_at, 'infinity') - interval '1 microsecond' as before_at,
            d.decision = 'APPROVED' and exists (
                select
                from market.overrides as other
                join market.override_decisions as later on later.override_id = other.override_id
                where (other.symbol, other.mark_kind, other.tenor_days, other.mark_date)
                    = (o.symbol, o.mark_kind, o.tenor_days, o.mark_date)
                  and later.decision = 'APPROVED'
                  and (later.decided_at, later.override_id) > (d.decided_at, d.override_id)
            ) as is_superseded
        from market.overrides as o
        left join market.override_decisions as d on d.override_id = o.override_id
        where o.mark_date = p_business_date
           or (o.symbol, o.currency, o.mark_date) in (
               select c.symbol, c.currency, c.mark_date
               from books.close_marks as c
               where c.business_date = p_business_date
                 and c.mark_source = 'override'
           )
    ),
    -- once for each instant that is asked of, however many overrides were decided by then
    asked as (
        select mark_date, before_at as known_at from listed
        union
        select mark_date, decided_at from listed where decision = 'APPROVED' and price is null
    ),
    known as (
        select a.mark_date as asked_date, a.known_at, m.*
        from asked as a
        cross join lateral market.best_marks(a.mark_date, a.known_at) as m
        where m.symbol in (select symbol from listed)
    )
    select
        l.override_id, l.mark_kind, l.symbol, l.tenor_days, l.currency, l.mark_date,
        case
            when l.is_superseded then 'SUPERSEDED'
            else coalesce(l.decision, 'PENDING')
        end,
        old.price, old.source, l.price, coalesce(l.price, again.price), l.reason, l.made_by,
        l.made_at, l.decided_by, l.decided_at, l.comment
    from listed as l
    left join known as old
        on (old.asked_date, old.known_at, old.symbol, old.mark_kind, old.tenor_days, old.currency)
        = (l.mark_date, l.before_at, l.symbol, l.mark_kind, l.tenor_days, l.currency)
    left join known as again
        on l.price is null
        and (
            again.asked_date, again.known_at, again.symbol, again.mark_kind, again.tenor_days,
            again.currency
        ) = (l.mark_date, l.decided_at, l.symbol, l.mark_kind, l.tenor_days, l.currency)
$$;
comment on function market.overrides_on(date) is
    'Every override of the marks of a date, and of an earlier one that its close still valued by. old: '
    'the mark it replaced, or would (none: unpriced); new: what stands instead, null where a pending '
    'one asks for what the sources say again. PENDING: waits for a second person and changes nothing; '
    'SUPERSEDED: approved, and another was approved after it.';
