-- purpose: list the instructions whose statuses are looked at, as they stand with us, and what was
--          said of instructions that we do not know.
-- reads: settlement.open_statuses, settlement.statuses, settlement.instructions,
--        settlement.instruction_states, settlement.applied_statuses, settlement.events,
--        settlement.acts, reference.currencies
-- writes: told_instructions, unknown_references (temporary)
-- rerun: replaces the temporary tables
-- parameters: is_final (also those that left something open)

drop table if exists
pg_temp.told_instructions, pg_temp.unknown_references, pg_temp.told_references;

create temporary table told_references on commit drop as
select o.instruction_reference, i.instruction_id, i.settlement_date
from settlement.open_statuses as o
left join settlement.instructions as i
    on i.instruction_id = case
        when o.instruction_reference ~ '^[0-9]{1,18}$' then o.instruction_reference::bigint
    end
where o.is_new or %(is_final)s;

analyze told_references;

create temporary table unknown_references on commit drop as
select
    t.instruction_reference,
    min(s.business_date) as business_date,
    (array_agg(s.status order by s.status_at desc, s.status))[1] as status
from told_references as t
join settlement.statuses as s using (instruction_reference)
where t.instruction_id is null
group by t.instruction_reference;

create temporary table told_instructions on commit drop as
select
    t.instruction_reference,
    s.instruction_id,
    s.settlement_date,
    s.business_date,
    s.last_sequence,
    s.state,
    s.settled_quantity,
    s.settled_amount,
    s.market_id,
    s.currency,
    s.counterparty_id,
    s.symbol,
    s.quantity,
    abs(s.amount) as amount,
    coalesce(c.minor_unit_digits, 2) as minor_unit_digits,
    reference.settlement_driver(s.market_id, s.settlement_date) = 'DEPOSITORY' as is_driven,
    -- the last that we did to it ourselves
    (
        select max(a.occurred_at)
        from settlement.events as e
        join settlement.acts as a using (act_id)
        left join settlement.applied_statuses as p
            on p.instruction_id = e.instruction_id and p.sequence = e.sequence
        where e.settlement_date = s.settlement_date
          and e.instruction_id = s.instruction_id
          and p.instruction_id is null
    ) as own_event_at,
    exists (
        select
        from settlement.applied_statuses as p
        where p.instruction_id = s.instruction_id
          and p.sequence = s.last_sequence
    ) as is_last_theirs
from told_references as t
join settlement.instruction_states as s
    on s.settlement_date = t.settlement_date
    and s.instruction_id = t.instruction_id
left join reference.currencies as c on c.currency = s.currency;

analyze told_instructions;

select
    (select count(*) from settlement.open_statuses) as rows_in,
    (select count(*) from told_instructions) + (select count(*) from unknown_references)
        as rows_out;
