-- How a step announces what it is about to do, and takes its ids.

create or replace function settlement.open_act(
    p_cause text, p_actor text, p_run_id text, p_occurred_at timestamptz
) returns integer
language sql volatile as $$
    insert into settlement.acts (cause, actor, run_id, occurred_at)
    values (p_cause, p_actor, p_run_id, p_occurred_at)
    returning act_id
$$;
comment on function settlement.open_act(text, text, text, timestamptz) is
    'Writes the act that instructions and events of this statement name; gives its id.';

create or replace function settlement.reserve_instruction_ids(p_count bigint) returns bigint
language sql volatile as $$
    update settlement.instruction_counter
    set next_instruction_id = next_instruction_id + p_count
    returning next_instruction_id - p_count
$$;
comment on function settlement.reserve_instruction_ids(bigint) is
    'The first of a block of free ids. Other writers wait until this transaction ends.';

create or replace function settlement.open_account(p_kind text, p_name text) returns integer
language plpgsql volatile as $$
declare
    found_id integer;
begin
    select account_id into found_id
    from settlement.accounts
    where (account_kind, account_name) = (p_kind, p_name);
    if found_id is null then
        insert into settlement.accounts (account_kind, account_name) values (p_kind, p_name)
        on conflict (account_kind, account_name) do nothing;
        select account_id into strict found_id
        from settlement.accounts
        where (account_kind, account_name) = (p_kind, p_name);
    end if;
    return found_id;
end
$$;
comment on function settlement.open_account(text, text) is 'An account''s id; opens it if need be.';

create or replace function settlement.round_to_minor_unit(p_amount numeric, p_digits smallint)
returns numeric
language sql immutable parallel safe as $$
    select round(p_amount, p_digits)
$$;
comment on function settlement.round_to_minor_unit(numeric, smallint) is
    'Half up, away from zero: numeric, never binary.';
