-- Whose word settles an instruction.

create or replace function reference.settlement_driver(p_market_id text, p_settlement_date date)
returns text
language sql stable parallel safe as $$
    select coalesce(
        (
            select d.driver
            from reference.settlement_drivers as d
            where d.market_id = p_market_id
              and d.effective_from <= p_settlement_date
            order by d.effective_from desc
            limit 1
        ),
        'ASSUMPTION'
    )
$$;
comment on function reference.settlement_driver(text, date) is
    'ASSUMPTION: what is due and not withheld settles; DEPOSITORY: only what a depository says.';
