-- Accepted records are facts: nobody changes one, and one leaves its date only to be kept elsewhere.

create or replace function trade.refuse_record_change() returns trigger
language plpgsql as $$
-- Steps that move records say so for their transaction: what stands here stands elsewhere then.
begin
    if tg_op = 'DELETE' and current_setting('posttrade.records_leave', true) = 'on' then
        return old;
    end if;
    raise exception using
        errcode = 'PT001',
        message = format('%s.%s is append-only', tg_table_schema, tg_table_name),
        hint = 'Send a new version, or a cancellation, of the record instead.';
end
$$;
comment on function trade.refuse_record_change() is
    'Refuses every change of an accepted record, and its removal, but by the steps that take it to '
    'the rejects (quality/quarantine_records) or to its execution''s date (lift_moving_records). Only '
    'updates and deletes ask it: what is inserted pays nothing.';

create or replace trigger executions_append_only before update or delete on trade.executions
    for each row execute function trade.refuse_record_change();
create or replace trigger executions_never_emptied before truncate on trade.executions
    for each statement execute function trade.refuse_record_change();
create or replace trigger confirmations_append_only before update or delete on trade.confirmations
    for each row execute function trade.refuse_record_change();
create or replace trigger confirmations_never_emptied before truncate on trade.confirmations
    for each statement execute function trade.refuse_record_change();
create or replace trigger pnl_snapshots_append_only before update or delete on trade.pnl_snapshots
    for each row execute function trade.refuse_record_change();
create or replace trigger pnl_snapshots_never_emptied before truncate on trade.pnl_snapshots
    for each statement execute function trade.refuse_record_change();
create or replace trigger orders_append_only before update or delete on trade.orders
    for each row execute function control.refuse_change();
create or replace trigger order_responses_append_only before update or delete on trade.order_responses
    for each row execute function control.refuse_change();
create or replace trigger order_outcomes_append_only before update or delete on trade.order_outcomes
    for each row execute function control.refuse_change();
create or replace trigger order_conflicts_append_only before update or delete on trade.order_conflicts
    for each row execute function control.refuse_change();
