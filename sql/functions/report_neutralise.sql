-- Text cells of exported tables. A spreadsheet takes a cell that begins with = + - @ (also their
-- full-width twins, and also behind white space) for a formula: an apostrophe before it makes it
-- text. A cell that begins with an apostrophe gets one too, so that taking one leading apostrophe
-- off always gives the stored text back, and two texts never become one.
--
-- A table has a million cells: none of these is strict and report.instant is only stable, so that the
-- planner puts their bodies in place instead of calling them; and a text that begins with an ASCII
-- letter or digit, as nearly all do, is not looked at by the regular expression.

create or replace function report.neutralise(p_text text) returns text
language sql immutable parallel safe as $$
    select case
        when p_text collate "C" between 'A' and '{' or p_text collate "C" between '0' and ':'
            then p_text
        when p_text ~ '^([[:space:]]*[=+@''＝＋－＠-]|[\t\r\n])' then '''' || p_text
        else p_text
    end
$$;
comment on function report.neutralise(text) is
    'The text with an apostrophe before it where a spreadsheet would take it for a formula.';

create or replace function report.neutralise_value(p_text text) returns text
language sql immutable parallel safe as $$
    select case
        when p_text ~ '^-[0-9]+(\.[0-9]+)?$' then p_text
        else report.neutralise(p_text)
    end
$$;
comment on function report.neutralise_value(text) is
    'Like neutralise, for columns that hold numbers or words: a plain decimal number stays as it is.';

create or replace function report.instant(p_instant timestamptz) returns text
language sql stable parallel safe as $$
    select to_char(p_instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function report.instant(timestamptz) is 'ISO 8601 in UTC, always six decimals.';
