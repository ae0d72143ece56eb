-- Measures that the expectation suites bound. Each is one expression, so that the planner inlines
-- it; amounts are rounded up to whole units, because the suites state their bounds as binary floats,
-- which hold whole numbers exactly.

create or replace function quality.notional_gap_cents(
    p_notional numeric, p_quantity numeric, p_price numeric
) returns numeric language sql immutable parallel safe
return ceil(abs(p_notional - p_quantity * p_price) * 100);
comment on function quality.notional_gap_cents(numeric, numeric, numeric) is
    'Distance between the stated notional and quantity x price, in hundredths of the currency, '
    'rounded up.';

create or replace function quality.outright_price(p_price numeric, p_asset_class text)
returns numeric language sql immutable parallel safe
return case when p_asset_class in ('COMMODITY', 'DERIVATIVE') then null else p_price end;
comment on function quality.outright_price(numeric, text) is
    'The price where it must be positive; null for commodities and derivatives, which may trade at '
    'or below zero.';

create or replace function quality.fee_permille(
    p_fees numeric, p_quantity numeric, p_price numeric
) returns numeric language sql immutable parallel safe
return ceil(p_fees * 1000 / greatest(abs(p_quantity * p_price), 1000));
comment on function quality.fee_permille(numeric, numeric, numeric) is
    'Fees in thousandths of the traded value, rounded up; a value below 1000 counts as 1000, so '
    'that a minimum fee on a small trade is no finding.';

create or replace function quality.add_flags(p_flags text [], p_rules text [])
returns text [] language sql immutable parallel safe
return (select array_agg(distinct flag order by flag) from unnest(p_flags || p_rules) as flag);
comment on function quality.add_flags(text [], text []) is
    'The flags of a row with further ones, once each.';

create or replace function quality.is_isin_checked(p_symbol text)
returns boolean language sql immutable parallel safe
return case
    when length(p_symbol) <> 12 or p_symbol !~ '^[A-Z][A-Z][A-Z0-9]*[0-9]$' then null
    else (
        -- letters count from 10; from the right every second digit is doubled, and its digits added
        select
            sum(
                case when places.place % 2 = 1 then places.digit
                    else places.digit * 2 / 10 + places.digit * 2 % 10
                end
            ) % 10 = 0
        from (
            select
                digits.digit::integer as digit,
                row_number() over (order by letters.place desc, digits.place desc) as place
            from string_to_table(p_symbol, null) with ordinality as letters (letter, place)
            cross join lateral string_to_table(
                (strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', letters.letter) - 1)::text, null
            ) with ordinality as digits (digit, place)
        ) as places
    )
end;
comment on function quality.is_isin_checked(text) is
    'Whether a symbol of an ISIN''s shape ends with the right check digit (ISO 6166); null for '
    'symbols of any other shape.';

create or replace function quality.is_key_enforced(p_table text)
returns boolean language sql stable parallel safe
return exists (
    select 1
    from pg_index
    where
        pg_index.indrelid = p_table::regclass
        and pg_index.indisprimary
        and pg_index.indisvalid
);
comment on function quality.is_key_enforced(text) is
    'Whether a table''s primary key stands and is valid in every partition.';
