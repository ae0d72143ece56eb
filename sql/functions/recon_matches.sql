-- Matches are stored one by one or as the set of their date; whoever changes them by hand, or moves
-- records, need not know which.

create or replace function recon.change_match() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        delete from recon.single_matches
        where business_date = old.business_date
          and trade_id = old.trade_id;
        if not found then
            insert into recon.match_set_exceptions (business_date, trade_id)
            values (old.business_date, old.trade_id)
            on conflict (business_date, trade_id) do nothing;
        end if;
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    insert into recon.single_matches (
        business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
        run_id, matched_at
    )
    values (
        new.business_date, new.trade_id, new.execution_version, new.confirmation_version,
        new.pnl_snapshot_version, new.run_id, new.matched_at
    );
    return new;
end
$$;
comment on function recon.change_match() is
    'What a change of one row of the view recon.matches does to the tables behind it.';

create or replace function recon.look_up_match(
    p_business_dates date[],
    p_business_date date,
    p_trade_id text,
    p_execution_version integer,
    p_batch_id bigint,
    p_source_id text
) returns table (
    has_match boolean,
    execution_version integer,
    confirmation_version integer,
    pnl_snapshot_version integer
)
language sql stable parallel safe as $$
    select
        single.trade_id is not null
        or exception.trade_id is null and coalesce(
            match_set.business_date is not null and p_execution_version > 1
            or p_batch_id between match_set.first_batch_id and match_set.last_batch_id
            and p_batch_id <> all(match_set.excluded_batch_ids)
            and p_source_id <> all(match_set.excluded_source_ids),
            false
        ),
        case when single.trade_id is null then 1 else single.execution_version end,
        case when single.trade_id is null then 1 else single.confirmation_version end,
        case when single.trade_id is null then 1 else single.pnl_snapshot_version end
    from (values (1)) as one (row_number)
    left join lateral (
        select x.*
        from recon.single_matches as x
        where x.business_date = any(p_business_dates)
          and x.business_date = p_business_date
          and x.trade_id = p_trade_id
        limit 1
    ) as single on true
    left join recon.match_sets as match_set on match_set.business_date = p_business_date
    left join recon.match_set_exceptions as exception
        on exception.business_date = match_set.business_date
        and exception.trade_id = p_trade_id
$$;
comment on function recon.look_up_match(date[], date, text, integer, bigint, text) is
    'What the view recon.matches says of one trade whose highest execution is known, in two look-ups. '
    'A set counts for a later version of an execution, too: it may cover the first one.';
