-- The rules of the three-way reconciliation. Near real time and close both decide with these and
-- nothing else. Each is one expression, so that the planner inlines it (one that adds to an instant,
-- or formats it, must not call itself immutable for that); exact numeric throughout.
-- Equality is asked first: it is the common case and costs a fraction of a subtraction.

create or replace function recon.quantities_agree(
    p_execution numeric, p_confirmation numeric, p_delta_max numeric
) returns boolean
language sql immutable parallel safe as $$
    select p_execution = p_confirmation or abs(p_confirmation - p_execution) <= p_delta_max
$$;
comment on function recon.quantities_agree(numeric, numeric, numeric) is
    '|confirmation - execution| <= bound, inclusive. Null where a side is missing.';

create or replace function recon.prices_agree(
    p_execution numeric, p_confirmation numeric, p_delta_max numeric
) returns boolean
language sql immutable parallel safe as $$
    select p_execution = p_confirmation or abs(p_confirmation - p_execution) <= p_delta_max
$$;
comment on function recon.prices_agree(numeric, numeric, numeric) is
    '|confirmation - execution| <= bound, inclusive. Null where a side is missing.';

create or replace function recon.timestamps_agree(
    p_executed_at timestamptz, p_confirmed_at timestamptz, p_delta_ms_max integer
) returns boolean
language sql stable parallel safe as $$
    select
        p_confirmed_at between p_executed_at - p_delta_ms_max * interval '1 millisecond'
        and p_executed_at + p_delta_ms_max * interval '1 millisecond'
$$;
comment on function recon.timestamps_agree(timestamptz, timestamptz, integer) is
    '|confirmed - executed| <= bound in milliseconds, inclusive. Null where a side is missing.';

create or replace function recon.pnl_agrees(
    p_quantity numeric, p_price numeric, p_commission numeric, p_pnl_impact numeric, p_limit numeric
) returns boolean
language sql immutable parallel safe as $$
    select abs(p_price * p_quantity - p_commission - p_pnl_impact) < p_limit
$$;
comment on function recon.pnl_agrees(numeric, numeric, numeric, numeric, numeric) is
    '|price x quantity - commission - pnl_impact| < limit, strict. Null where a side is missing.';

create or replace function recon.instant_text(p_instant timestamptz) returns text
language sql stable parallel safe as $$
    select to_char(p_instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function recon.instant_text(timestamptz) is
    'How an instant stands among the values of a break: ISO 8601, UTC, six decimals.';
