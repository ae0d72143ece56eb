-- What depositories say of instructions, in our words.

create or replace view settlement.told_statuses as
select
    s.*,
    c.state,
    c.scheme,
    c.meaning,
    -- of what was said of one instant, the furthest counts
    array_position(
        array[
            'CANCELLED', 'SETTLED', 'PARTIALLY_SETTLED', 'FAILING', 'REJECTED', 'PENDING',
            'MATCHED', 'UNMATCHED', 'INSTRUCTED'
        ], c.state
    ) as state_rank
from settlement.statuses as s
join reference.status_codes as c on c.code = s.status;
comment on view settlement.told_statuses is
    'Every status with the state that it means. What holds now is the first by status_at desc, '
    'state_rank, status, whatever came in which order.';

create or replace view settlement.status_history as
select
    s.instruction_reference,
    a.instruction_id,
    s.status_at,
    s.status,
    s.state,
    s.reason_code,
    s.settled_quantity,
    s.settled_amount,
    s.currency,
    s.settled_on,
    s.depository_id,
    row_number() over (
        partition by s.instruction_reference order by s.status_at desc, s.state_rank, s.status
    ) = 1 as is_newest,
    a.sequence as event_sequence,
    s.recorded_at
from settlement.told_statuses as s
left join settlement.applied_statuses as a using (topic, partition, message_offset);
comment on view settlement.status_history is
    'What was said of each instruction, and the event that it made; none: it changed nothing.';

create or replace view settlement.open_status_conflicts as
select distinct on (c.business_date, c.subject_id)
    c.business_date,
    c.subject_id as instruction_reference,
    c.kept_terms,
    c.refused_terms
from settlement.record_conflicts as c
join reference.status_codes as k on k.code = c.content ->> 'status'
where c.subject_kind = 'INSTRUCTION'
  and not exists (
      select
      from settlement.told_statuses as s
      where s.instruction_reference = c.subject_id
        and s.status_at > (c.content ->> 'status_at')::timestamptz
        -- what has settled is told as a sum: only the next sum says it anew
        and (
            k.state not in ('SETTLED', 'PARTIALLY_SETTLED')
            or s.state in ('SETTLED', 'PARTIALLY_SETTLED', 'CANCELLED')
        )
  )
order by c.business_date, c.subject_id, c.recorded_at, c.message_offset;
comment on view settlement.open_status_conflicts is
    'Statuses told twice in other terms, the first of each instruction and day, until a later word of '
    'the depository makes the difference moot: of what has settled, a later settlement or a '
    'cancellation; of anything else, any later status.';
