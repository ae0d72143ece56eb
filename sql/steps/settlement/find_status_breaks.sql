-- purpose: say where depositories and books disagree about instructions, and where a depository
--          said the same twice in other terms and has not said more since.
-- reads: standing_statuses, unknown_references, told_references (temporary), settlement.cycles,
--        settlement.open_status_conflicts
-- writes: found_status_breaks (temporary)
-- rerun: replaces the temporary table
-- parameters: effective_on

drop table if exists pg_temp.found_status_breaks;

create temporary table found_status_breaks on commit drop as
with standing as (
    select
        s.*,
        case when is_to_enter then told_state else booked_state end as final_state,
        newest_at > coalesce(own_event_at, '-infinity') as is_newest_theirs,
        s.settlement_date < %(effective_on)s::date
        or coalesce(y.last_effective_on >= s.settlement_date, false) as is_run
    from standing_statuses as s
    left join settlement.cycles as y using (settlement_date)
)
select
    s.business_date,
    s.instruction_reference,
    b.break_type,
    b.expected_value,
    b.actual_value,
    b.delta,
    s.amount as exposure_amount, s.currency, s.counterparty_id, s.symbol
from standing as s
cross join lateral (
    values
    (
        is_newest_theirs and (
            newest_state in ('MATCHED', 'PENDING', 'FAILING', 'CANCELLED')
            and newest_state <> final_state
            or newest_state in ('UNMATCHED', 'REJECTED', 'PARTIALLY_SETTLED')
            and final_state in ('SETTLED', 'CANCELLED')
            or newest_state = 'SETTLED' and final_state = 'CANCELLED'
            or newest_state in ('MATCHED', 'PENDING', 'FAILING') and settled_state = 'SETTLED'
            or told_state = 'CANCELLED' and settled_state is not null
        ), 'status_conflict', final_state, newest_words, null::numeric
    ),
    (
        newest_state in ('UNMATCHED', 'REJECTED') and final_state not in ('SETTLED', 'CANCELLED'),
        lower(newest_state) || '_by_depository', 'matched', newest_words, null
    ),
    (
        final_state = 'CANCELLED' and (is_to_enter or is_last_theirs) and told_state = 'CANCELLED',
        'cancelled_by_depository', 'an instruction', newest_words, null
    ),
    (
        not is_driven and is_run and settled_state is not null
        and final_state not in ('SETTLED', 'CANCELLED'),
        'settled_only_at_depository',
        trim_scale(case when quantity is null then settled_amount else settled_quantity end)::text,
        trim_scale(coalesce(told_quantity, told_amount))::text,
        coalesce(told_quantity - settled_quantity, told_amount - settled_amount)
    ),
    (
        flaw is not null and (is_driven or final_state = 'SETTLED'), flaw,
        flaw_expected, flaw_actual, flaw_delta
    )
) as b (is_found, break_type, expected_value, actual_value, delta)
where b.is_found
union all
select
    business_date, instruction_reference, 'status_of_unknown_instruction', 'an instruction of ours',
    status, null, null, null, null, null
from unknown_references
union all
select
    business_date, instruction_reference, 'status_told_twice', kept_terms, refused_terms, null,
    null, null, null, null
from settlement.open_status_conflicts
where instruction_reference in (select instruction_reference from told_references);

select (select count(*) from standing_statuses) as rows_in, count(*) as rows_out
from found_status_breaks;
