-- Which standing instruction applies.

create or replace function reference.find_standing_instruction(
    p_counterparty_id text, p_market_id text, p_asset_class text, p_currency text, p_date date
) returns table (standing_instruction_id integer, found_count bigint)
language sql stable as $$
    with in_force as (
        select
            s.standing_instruction_id,
            rank() over (
                order by (s.asset_class is not null)::integer + (s.currency is not null)::integer desc
            ) as place
        from reference.standing_instructions as s
        where s.counterparty_id = p_counterparty_id
          and s.market_id = p_market_id
          and coalesce(s.asset_class, p_asset_class) = p_asset_class
          and coalesce(s.currency, p_currency) = p_currency
          and s.effective_from <= p_date
          and (s.effective_until is null or s.effective_until > p_date)
          and s.withdrawn_at is null
    )
    select
        min(f.standing_instruction_id),
        count(*)
    from in_force as f
    where f.place = 1
$$;
comment on function reference.find_standing_instruction(text, text, text, text, date) is
    'The most specific one in force on a settlement date, and how many are equally specific: 0 is '
    'missing, more than 1 ambiguous.';
