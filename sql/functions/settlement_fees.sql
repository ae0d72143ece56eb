-- What one rate comes to, and where charges lie.

create or replace function settlement.charge(p_base numeric, p_term settlement.fee_term)
returns numeric
language sql immutable parallel safe as $$
    select coalesce(
        p_term.fixed_amount,
        floor(
            least(greatest(p_base * p_term.rate, p_term.amount_min), p_term.amount_max)
            * p_term.factor + p_term.addend
        ) * p_term.unit
    )
$$;
comment on function settlement.charge(numeric, settlement.fee_term) is
    'Base x rate, at least the one and at most the other bound (null: none), rounded. Base: not '
    'negative.';

create or replace function settlement.make_fee_term(p_rate reference.fee_rates)
returns settlement.fee_term
language sql immutable parallel safe as $$
    -- floor(x), -floor(-x) and floor(x + 0.5) of the size of the amount, in its last digit
    select row(
        t.fee_rate_id, t.basis, t.rate, t.amount_min, t.amount_max, t.factor, t.addend, t.unit,
        case t.basis when 'TRADE' then settlement.charge(1, t) end
    )::settlement.fee_term
    from (
        select (row(
            p_rate.fee_rate_id,
            p_rate.basis,
            p_rate.rate,
            p_rate.amount_min,
            p_rate.amount_max,
            way.sign * ('1e' || p_rate.rounding_digits)::numeric,
            case p_rate.rounding when 'HALF_UP' then 0.5 else 0 end,
            way.sign * ('1e-' || p_rate.rounding_digits)::numeric,
            null
        )::settlement.fee_term).*
        from (
            select
                case when p_rate.rate < 0 then -1 else 1 end
                * case p_rate.rounding when 'UP' then -1 else 1 end as sign
        ) as way
        offset 0
    ) as t
$$;
comment on function settlement.make_fee_term(reference.fee_rates) is
    'A rate, ready to be worked out a million times. Rounding is of the amount without its sign.';

create or replace function settlement.count_fee_rates(p_business_date date) returns bigint
language sql stable as $$
    select count(*) + count(withdrawn_at)
    from reference.fee_rates
    -- of the trade date, or of a settlement date of it
    where effective_from <= p_business_date + 40
      and coalesce(effective_until > p_business_date, true)
$$;
comment on function settlement.count_fee_rates(date) is
    'Rates that can apply to trades of a date, each once more when it is withdrawn: only grows.';

create or replace function settlement.ensure_fee_partition(p_business_date date) returns void
language plpgsql as $$
declare
    partition_name constant text := 'trade_fees_' || to_char(p_business_date, 'YYYYMMDD');
begin
    -- the lock of settlement keeps a second maker away
    if to_regclass('settlement.' || partition_name) is null then
        execute format(
            'create table settlement.%I partition of settlement.trade_fees for values in (%L)',
            partition_name, p_business_date
        );
    elsif exists (
        select
        from pg_catalog.pg_class as c
        where c.oid = to_regclass('settlement.' || partition_name)
          and c.relpages < 0.9 * pg_relation_size(c.oid) / 8192
    ) then
        execute format('analyze settlement.%I', partition_name);
    end if;
end
$$;
comment on function settlement.ensure_fee_partition(date) is
    'Makes a business date''s partition of settlement.trade_fees where it is missing, and counts it '
    'anew where it has grown: a plan made for no rows takes minutes for a million.';
