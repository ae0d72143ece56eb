-- What people do with alerts. The trigger holds the order of events and the second person; the function
-- spares the typing and says what to do.

create or replace function compliance.check_alert_event() returns trigger language plpgsql as $$
declare
    alert compliance.alerts := (
        select a from compliance.alerts as a where a.alert_id = new.alert_id
    );
    last compliance.alert_events := (
        select e from compliance.alert_events as e
        where e.alert_id = new.alert_id order by e.sequence desc limit 1
    );
    escalator text := (
        select e.actor from compliance.alert_events as e
        where e.alert_id = new.alert_id and e.event = 'DISPOSED' and e.to_state = 'ESCALATED'
        order by e.sequence desc limit 1
    );
begin
    if new.sequence <> coalesce(last.sequence, 0) + 1
        or new.from_state <> coalesce(last.to_state, 'OPEN')
    then
        raise exception using
            errcode = 'PT060',
            message = format(
                'alert %s is %s, not %s', new.alert_id, coalesce(last.to_state, 'OPEN'), new.from_state
            ),
            hint = 'Look at the alert again: somebody was quicker.';
    end if;
    if new.event = 'DISPOSED' and new.from_state = 'OPEN' and new.to_state = 'CLOSED_NO_ISSUE'
        and alert.closing_needs_second_person
    then
        raise exception using
            errcode = 'PT061',
            message = format(
                'alert %s (%s) needs two people to be closed', new.alert_id, alert.rule
            ),
            hint = 'Escalate it; a second person closes it.';
    end if;
    if new.event = 'DISPOSED' and new.from_state = 'ESCALATED'
        and lower(btrim(new.actor)) = lower(btrim(escalator))
    then
        raise exception using
            errcode = 'PT061',
            message = format('alert %s was escalated by %s', new.alert_id, escalator),
            hint = 'Another person closes it.';
    end if;
    return new;
end
$$;
comment on function compliance.check_alert_event() is
    'An event follows on the state its alert is in; who escalated an alert does not close it.';

create or replace trigger alert_events_checked before insert on compliance.alert_events
    for each row execute function compliance.check_alert_event();

create or replace function compliance.dispose_alert(
    p_alert_id bigint, p_to_state text, p_actor text, p_reason text
) returns text
language plpgsql as $$
declare
    current_state text;
    next_sequence integer;
begin
    perform from compliance.alerts where alert_id = p_alert_id for update;
    if not found then
        raise exception using
            errcode = 'PT062',
            message = format('no alert %s', p_alert_id),
            hint = 'compliance.alerts lists what was flagged.';
    end if;
    select coalesce(max(sequence), 0) + 1,
        coalesce((array_agg(to_state order by sequence desc))[1], 'OPEN')
    into next_sequence, current_state
    from compliance.alert_events
    where alert_id = p_alert_id;
    if not compliance.is_allowed('DISPOSED', current_state, p_to_state) then
        raise exception using
            errcode = 'PT060',
            message = format('alert %s is %s: it cannot become %s',
                p_alert_id, current_state, p_to_state),
            hint = 'OPEN: ESCALATED, CLOSED_NO_ISSUE. ESCALATED: CLOSED_NO_ISSUE, CLOSED_REPORTED.';
    end if;
    insert into compliance.alert_events (
        alert_id, sequence, event, from_state, to_state, actor, reason
    )
    values (
        p_alert_id, next_sequence, 'DISPOSED', current_state, p_to_state, p_actor, p_reason
    );
    return current_state;
end
$$;
comment on function compliance.dispose_alert(bigint, text, text, text) is
    'ESCALATED, CLOSED_NO_ISSUE or CLOSED_REPORTED, by whom and why; gives the state before.';
