-- purpose: say of each listed instruction what its depository says now: by the newest status of its
--          own instant, and, whatever came in which order, what has settled in all and whether it
--          was cancelled.
-- reads: told_instructions (temporary), settlement.told_statuses
-- writes: judged_statuses (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.judged_statuses;

create temporary table judged_statuses on commit drop as
with told as (
    select
        t.instruction_id,
        s.*,
        s.state in ('SETTLED', 'PARTIALLY_SETTLED') as is_settled
    from told_instructions as t
    join settlement.told_statuses as s using (instruction_reference)
),
newest as (
    select distinct on (instruction_id) *
    from told
    order by instruction_id, status_at desc, state_rank, status
),
-- the newest that is no settlement; a cancellation is an end that later words do not undo
deciding as (
    select distinct on (instruction_id) *
    from told
    where not is_settled
    order by instruction_id, state = 'CANCELLED' desc, status_at desc, state_rank, status
),
settled as (
    select distinct on (instruction_id) *
    from told
    where is_settled
    order by instruction_id, state = 'SETTLED' desc, settled_quantity desc nulls last,
        settled_amount desc nulls last, status_at desc, status
)
select
    t.*,
    n.state as newest_state,
    concat_ws(' ', n.status, n.reason_code) as newest_words,
    n.status_at as newest_at,
    d.state as told_state,
    d.status_at as told_at,
    d.reason_code as told_reason_code,
    d.topic as told_topic,
    d.partition as told_partition,
    d.message_offset as told_offset,
    s.state as settled_state,
    s.status_at as settled_at,
    coalesce(s.settled_on, (s.status_at at time zone 'UTC')::date) as settled_on,
    s.topic as settled_topic,
    s.partition as settled_partition,
    s.message_offset as settled_offset,
    s.currency as told_currency,
    case
        when t.quantity is not null and s.state = 'SETTLED'
            then coalesce(s.settled_quantity, t.quantity)
        when t.quantity is not null then s.settled_quantity
    end as told_quantity,
    case
        when s.settled_amount is not null or t.amount = 0
            then coalesce(s.settled_amount, 0)
        when s.state = 'SETTLED' then t.amount
        else round(t.amount * s.settled_quantity / t.quantity, t.minor_unit_digits)
    end as told_amount
from told_instructions as t
join newest as n using (instruction_id)
left join deciding as d using (instruction_id)
left join settled as s using (instruction_id);

analyze judged_statuses;

select
    (select count(*) from told_instructions) as rows_in,
    (select count(*) from judged_statuses) as rows_out;
