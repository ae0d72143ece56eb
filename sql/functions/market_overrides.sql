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
    insert into market.override_decisions (override_id, made_by, decision, decided_by, comment)
    values (p_override_id, maker, p_decision, p_decided_by, p_comment);
end
$$;
comment on function market.decide_override(integer, text, text, text) is
    'APPROVED or REFUSED, once, by someone else than who asked; takes effect at once.';
