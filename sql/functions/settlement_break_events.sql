-- A break of settlement leaves the same events as one of the reconciliation: alerts, the topic and the
-- metrics read them there.

create or replace function settlement.record_break_events() returns trigger language plpgsql as $$
-- The lock is the reconciliation's: events commit in the order of their ids.
begin
    perform pg_advisory_xact_lock(hashtext('recon'));
    if tg_op = 'INSERT' then
        insert into recon.break_events (
            business_date, trade_id, subject_kind, break_type, event, expected_value, actual_value,
            delta, exposure_amount, currency, counterparty_id, symbol, run_id, occurred_at
        )
        select
            business_date, subject_id, subject_kind, break_type, 'OPENED', expected_value,
            actual_value, delta, exposure_amount, currency, counterparty_id, symbol,
            opened_run_id, now()
        from new_rows
        where status = 'OPEN';
        return null;
    end if;
    insert into recon.break_events (
        business_date, trade_id, subject_kind, break_type, event, expected_value, actual_value,
        delta, exposure_amount, currency, counterparty_id, symbol, reason, run_id, occurred_at
    )
    select
        n.business_date, n.subject_id, n.subject_kind, n.break_type,
        case n.status when 'OPEN' then 'REOPENED' else 'RESOLVED' end,
        n.expected_value, n.actual_value, n.delta, n.exposure_amount, n.currency,
        n.counterparty_id, n.symbol, n.resolved_reason,
        coalesce(n.resolved_run_id, n.opened_run_id), now()
    from new_rows as n
    join old_rows as o
        on o.business_date = n.business_date
        and o.subject_kind = n.subject_kind
        and o.subject_id = n.subject_id
        and o.break_type = n.break_type
    where o.status <> n.status;
    return null;
end
$$;
comment on function settlement.record_break_events() is
    'Writes recon.break_events for the rows of one statement on settlement.breaks.';

create or replace trigger breaks_opened after insert on settlement.breaks
    referencing new table as new_rows
    for each statement execute function settlement.record_break_events();
create or replace trigger breaks_changed after update on settlement.breaks
    referencing new table as new_rows old table as old_rows
    for each statement execute function settlement.record_break_events();
