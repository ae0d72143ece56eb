-- purpose: bring instructions to the state that their depository says, where that may follow on
--          theirs and we did nothing to them since. What it may not is left to a break. A fail is
--          entered with the depository's reason, where that is one of reference.fail_reasons.
-- reads: judged_statuses, weighed_statuses (temporary), settlement.acts, settlement.events
-- writes: settlement.acts, settlement.events, settlement.applied_statuses, standing_statuses,
--         told_acts (temporary)
-- rerun: append once: the state that is there already is not entered again
-- parameters: act_id, actor, run_id, as_of

drop table if exists pg_temp.standing_statuses, pg_temp.told_acts;

create temporary table standing_statuses on commit drop as
select
    j.*,
    w.flaw,
    w.flaw_expected,
    w.flaw_actual,
    w.flaw_delta,
    case when w.is_to_book then w.to_state else j.state end as booked_state,
    j.last_sequence + coalesce(w.is_to_book, false)::integer as booked_sequence,
    case when j.told_state = 'FAILING' then settlement.fail_reason_of(j.told_reason_code) end
        as told_reason,
    coalesce(
        j.told_state in ('MATCHED', 'PENDING', 'FAILING', 'CANCELLED')
        and j.told_at > coalesce(j.own_event_at, '-infinity')
        and (not j.is_driven or j.settled_state is null or j.told_at > j.settled_at)
        and j.told_state <> case when w.is_to_book then w.to_state else j.state end
        and settlement.is_allowed(
            'STATUS', case when w.is_to_book then w.to_state else j.state end, j.told_state
        ),
        false
    ) as is_to_enter
from judged_statuses as j
left join weighed_statuses as w using (instruction_id);

analyze standing_statuses;

create temporary table told_acts on commit drop as
select told_reason, settlement.open_act(told_reason, %(actor)s, %(run_id)s, %(as_of)s) as act_id
from (
    select distinct told_reason
    from standing_statuses
    where is_to_enter
      and told_reason is not null
) as reasons;

with entered as (
    insert into settlement.events (
        instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state
    )
    select
        instruction_id,
        settlement_date,
        (told_at at time zone 'UTC')::date,
        coalesce(a.act_id, %(act_id)s),
        booked_sequence + 1,
        'STATUS',
        booked_state,
        told_state
    from standing_statuses
    left join told_acts as a using (told_reason)
    where is_to_enter
    order by instruction_id
    on conflict do nothing
    returning instruction_id, settlement_date, sequence
),
noted as (
    insert into settlement.applied_statuses (
        instruction_id, settlement_date, sequence, topic, partition, message_offset
    )
    select
        e.instruction_id, e.settlement_date, e.sequence, s.told_topic, s.told_partition,
        s.told_offset
    from entered as e
    join standing_statuses as s using (instruction_id)
)
select
    (select count(*) from judged_statuses) as rows_in,
    count(*) as rows_out
from entered;
