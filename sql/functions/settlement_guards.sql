-- What the database itself holds of settlement, besides its constraints. The codes that it raises
-- stand in posttrade.errors.SQLSTATES.

create or replace function settlement.is_as_instructed(
    p_kind text, p_sequence smallint, p_to_state text, p_sides_fit boolean,
    p_quantity numeric, p_amount numeric, p_whole_quantity numeric, p_whole_amount numeric
) returns boolean
language sql immutable parallel safe as $$
    select case
        when p_kind <> 'SETTLEMENT' then true
        when p_sides_fit is not true then false
        when p_to_state = 'SETTLED' and p_sequence = 1 then
            p_quantity is not distinct from p_whole_quantity
            and p_amount is not distinct from p_whole_amount
        when p_whole_quantity is null then p_amount <= p_whole_amount
        else
            p_quantity <= p_whole_quantity
            -- each part is paid by its share, but for the rounding of its neighbours
            and abs(
                coalesce(p_amount, 0) * p_whole_quantity
                - coalesce(p_whole_amount, 0) * p_quantity
            ) <= p_whole_quantity
    end
$$;
comment on function settlement.is_as_instructed(
    text, smallint, text, boolean, numeric, numeric, numeric, numeric
) is 'Whether one event moves what its instruction says: the whole at once, or a part and its share.';

create or replace function settlement.check_new_events() returns trigger
language plpgsql set plan_cache_mode = force_custom_plan as $$
-- First events that settle at once what was instructed are nearly all: one join judges them.
declare
    dates constant date[] := (
        select coalesce(array_agg(distinct settlement_date), '{}') from new_rows
    );
    later_ids bigint[];
    faulty text;
begin
    select format('%s.%s of %s', n.instruction_id, n.sequence, n.settlement_date)
    into faulty
    from new_rows as n
    left join settlement.instructed_movements as m
        on m.settlement_date = n.settlement_date
        and m.instruction_id = n.instruction_id
        and m.settlement_date = any(dates)
    where m.instruction_id is null
       or settlement.is_as_instructed(
           n.kind, n.sequence, n.to_state,
           (n.symbol, n.delivered_currency, n.deliverer_id, n.receiver_id)
           is not distinct from (m.symbol, m.delivered_currency, m.deliverer_id, m.receiver_id)
           and (
               n.amount is null
               or (n.currency, n.payer_id, n.payee_id) = (m.currency, m.payer_id, m.payee_id)
           ),
           n.quantity, n.amount, m.quantity, m.amount
       ) is not true
    limit 1;
    perform settlement.refuse_event('PT011', faulty);
    later_ids := (select array_agg(distinct instruction_id) from new_rows where sequence > 1);
    if later_ids is not null then
        perform settlement.check_chains(dates, later_ids);
    end if;
    return null;
end
$$;
comment on function settlement.check_new_events() is
    'Once per statement, as a set: every new event belongs to an instruction, moves what that says, '
    'and follows on the event before it.';

drop function if exists settlement.check_laid_events(date);

create or replace function settlement.check_chains(p_dates date[], p_instruction_ids bigint[])
returns void
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
    faulty record;
begin
    select
        min(place) filter (where not is_following) as broken,
        min(place) filter (where not is_mirror) as unlike,
        min(place) filter (where is_last and not is_summed) as wrong_sum
    into faulty
    from settlement.judge_chains(p_dates, p_instruction_ids);
    perform settlement.refuse_event('PT010', faulty.broken);
    perform settlement.refuse_event('PT012', faulty.unlike);
    perform settlement.refuse_event('PT013', faulty.wrong_sum);
end
$$;
comment on function settlement.check_chains(date[], bigint[]) is
    'Judges all events of instructions that have more than a first one; these are few.';

create or replace function settlement.judge_chains(p_dates date[], p_instruction_ids bigint[])
returns table (
    place text, is_following boolean, is_mirror boolean, is_last boolean, is_summed boolean
)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
begin
    return query
    with files as (
        select
            e.*,
            lag(e.sequence, 1, 0::smallint) over file as previous_sequence,
            lag(e.to_state, 1, 'INSTRUCTED') over file as previous_state,
            row_number() over file = count(*) over whole as is_last,
            bool_or(e.kind = 'NETTED') over whole as is_netted,
            sum(case e.kind when 'REVERSAL' then -e.quantity else e.quantity end) over whole
                as settled_quantity,
            sum(case e.kind when 'REVERSAL' then -e.amount else e.amount end) over whole
                as settled_amount
        from settlement.events as e
        where e.settlement_date = any(p_dates)
          and e.instruction_id = any(p_instruction_ids)
        window
            whole as (partition by e.settlement_date, e.instruction_id),
            file as (whole order by e.sequence)
    )
    select
        format('%s.%s of %s', e.instruction_id, e.sequence, e.settlement_date),
        e.sequence = e.previous_sequence + 1 and e.from_state = e.previous_state,
        e.kind <> 'REVERSAL' or coalesce(o.kind in ('SETTLEMENT', 'NETTED'), false) and (
            e.symbol, e.delivered_currency, e.quantity, e.deliverer_id, e.receiver_id,
            e.currency, e.amount, e.payer_id, e.payee_id
        ) is not distinct from (
            o.symbol, o.delivered_currency, o.quantity, o.receiver_id, o.deliverer_id,
            o.currency, o.amount, o.payee_id, o.payer_id
        ),
        e.is_last,
        case
            when e.to_state = 'CANCELLED'
                then coalesce(e.settled_quantity, 0) = 0 and coalesce(e.settled_amount, 0) = 0
            when e.is_netted then true
            when e.to_state = 'SETTLED'
                then coalesce(e.settled_quantity, 0) = coalesce(m.quantity, 0)
                    and coalesce(e.settled_amount, 0) = coalesce(m.amount, 0)
            when m.quantity is not null then coalesce(e.settled_quantity, 0) < m.quantity
            else coalesce(e.settled_amount, 0) < m.amount
        end
    from files as e
    join settlement.instructed_movements as m
        on m.settlement_date = e.settlement_date
        and m.instruction_id = e.instruction_id
    left join files as o
        on o.settlement_date = e.settlement_date
        and o.instruction_id = e.instruction_id
        and o.sequence = e.reverses_sequence;
end
$$;
comment on function settlement.judge_chains(date[], bigint[]) is
    'Each event of some instructions: does it follow on the one before; is a reversal the mirror of '
    'its original; and does what has settled in all fit the state that the last one leaves.';

create or replace function settlement.refuse_event(p_sqlstate text, p_place text) returns void
language plpgsql parallel restricted as $$
begin
    if p_place is null then
        return;
    end if;
    raise exception using
        errcode = p_sqlstate,
        message = format('settlement event %s %s', p_place, case p_sqlstate
            when 'PT010' then 'does not follow on the event before it'
            when 'PT011' then 'does not move what its instruction says'
            when 'PT012' then 'does not take back what it points at'
            else 'leaves a state that what has settled does not fit'
        end),
        hint = 'Look at the instruction in settlement.instruction_events; nothing was written.';
end
$$;
comment on function settlement.refuse_event(text, text) is 'Raises where a place is named.';

create or replace trigger events_checked after insert on settlement.events
    referencing new table as new_rows
    for each statement execute function settlement.check_new_events();
