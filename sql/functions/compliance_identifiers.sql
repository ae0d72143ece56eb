-- Whether an identifier has the form that its standard gives it, check digit included. Null in, null out.

create or replace function compliance.to_digits(p_text text) returns text
language sql immutable strict parallel safe as $$
    -- A is 10, B is 11, … Z is 35
    select string_agg(
        case when c between '0' and '9' then c else (ascii(c) - 55)::text end, '' order by place
    )
    from string_to_table(p_text, null) with ordinality as t (c, place)
$$;

create or replace function compliance.is_isin(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    -- of all digits, from the last: every second doubled, digits added
    select p_text ~ '^[A-Z]{2}[A-Z0-9]{9}[0-9]$' and (
        select sum(d * factor / 10 + d * factor % 10) % 10 = 0
        from (
            select c::integer as d, 1 + ((place - 1) % 2)::integer as factor
            from string_to_table(reverse(compliance.to_digits(p_text)), null)
                with ordinality as t (c, place)
        ) as weighted
    )
$$;
comment on function compliance.is_isin(text) is
    'ISO 6166: country, nine characters, a check digit over the digits that letters expand to.';

create or replace function compliance.is_cusip(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    -- of all characters, every second doubled, digits added; * @ # are 36, 37, 38
    select p_text ~ '^[A-Z0-9*@#]{8}[0-9]$' and (
        select sum(v * factor / 10 + v * factor % 10) % 10 = 0
        from (
            select
                strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#', c) - 1 as v,
                2 - (place % 2)::integer as factor
            from string_to_table(p_text, null) with ordinality as t (c, place)
        ) as weighted
    )
$$;
comment on function compliance.is_cusip(text) is 'ANSI X9.6: eight characters and a check digit.';

create or replace function compliance.is_sedol(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    select p_text ~ '^[0-9BCDFGHJKLMNPQRSTVWXYZ]{6}[0-9]$' and (
        select sum(
            (strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1)
            * (array[1, 3, 1, 7, 3, 9, 1])[place]
        ) % 10 = 0
        from string_to_table(p_text, null) with ordinality as t (c, place)
    )
$$;
comment on function compliance.is_sedol(text) is
    'London Stock Exchange: six characters without vowels, weights 1 3 1 7 3 9, and a check digit.';

create or replace function compliance.is_figi(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    select p_text ~ '^[BCDFGHJKLMNPQRSTVWXYZ]{2}G[0-9BCDFGHJKLMNPQRSTVWXYZ]{8}[0-9]$'
        and left(p_text, 2) not in ('BS', 'BM', 'GG', 'GB', 'GH', 'KY', 'VG')
        and (
            select sum(v * factor / 10 + v * factor % 10) % 10 = 0
            from (
                select
                    strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1 as v,
                    case when place = 12 then 1 else 2 - (place % 2)::integer end as factor
                from string_to_table(p_text, null) with ordinality as t (c, place)
            ) as weighted
        )
$$;
comment on function compliance.is_figi(text) is
    'ANSI X9.145: no vowels, third character G, prefixes that are no country of an ISIN''s, and a check '
    'digit by doubling every second character.';

create or replace function compliance.is_lei(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    select p_text ~ '^[A-Z0-9]{18}[0-9]{2}$'
        and compliance.to_digits(p_text)::numeric % 97 = 1
$$;
comment on function compliance.is_lei(text) is
    'ISO 17442: eighteen characters and two check digits, by ISO 7064 MOD 97-10.';

create or replace function compliance.is_mic(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    select p_text ~ '^[A-Z0-9]{4}$'
$$;
comment on function compliance.is_mic(text) is 'ISO 10383: four letters or digits; the form alone.';

create or replace function compliance.is_bic(p_text text) returns boolean
language sql immutable strict parallel safe as $$
    select p_text ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'
$$;
comment on function compliance.is_bic(text) is
    'ISO 9362: party, country, suffix, and a branch or none; the form alone.';
