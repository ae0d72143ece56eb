-- purpose: accept the staged statuses of instructions; the first to say the same status of the same
--          instant stays. Each instruction concerned is to be looked at.
-- reads: staging.settlement_statuses
-- writes: settlement.statuses, settlement.open_statuses, refused_settlement_statuses (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: batch_ids

drop table if exists pg_temp.refused_settlement_statuses;

create temporary table refused_settlement_statuses (like staging.settlement_statuses)
on commit drop;

with accepted as (
    insert into settlement.statuses (
        topic, partition, message_offset, batch_id, business_date, instruction_reference,
        settlement_date, status, reason_code, settled_quantity, settled_amount, currency,
        settled_on, depository_id, status_at, flags, message_at, recorded_at
    )
    select
        topic,
        partition,
        message_offset,
        batch_id,
        business_date,
        instruction_reference,
        settlement_date,
        status,
        reason_code,
        settled_quantity,
        settled_amount,
        currency,
        settled_on,
        depository_id,
        status_at,
        flags,
        message_at,
        now()
    from staging.settlement_statuses
    where batch_id = any(%(batch_ids)s::bigint[])
    order by instruction_reference, status_at, status, batch_id, topic, partition, message_offset
    on conflict do nothing
    returning instruction_reference, topic, partition, message_offset
),
opened as (
    insert into settlement.open_statuses as o (instruction_reference)
    select distinct instruction_reference
    from accepted
    on conflict (instruction_reference) do update set is_new = true
    where not o.is_new
)
insert into refused_settlement_statuses
select s.*
from staging.settlement_statuses as s
where s.batch_id = any(%(batch_ids)s::bigint[])
  and not exists (
      select
      from accepted as a
      where (a.topic, a.partition, a.message_offset) = (s.topic, s.partition, s.message_offset)
  );

select
    count(*) as rows_in,
    count(*) - (select count(*) from refused_settlement_statuses) as rows_out
from staging.settlement_statuses
where batch_id = any(%(batch_ids)s::bigint[]);
