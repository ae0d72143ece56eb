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
