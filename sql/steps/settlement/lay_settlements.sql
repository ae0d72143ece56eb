-- purpose: settle what nothing has happened to yet of a date: its events are laid as a table of
--          their own, which becomes the date's partition, or takes its place with the rows that the
--          date has. They move what instructed_movements says; check_movements holds them against
--          the instructions by other words.
-- reads: settlement.instructed_movements, settlement.events, withheld_instructions (temporary)
-- writes: left_out (temporary), settlement.laid_events (becomes a partition of settlement.events)
-- rerun: append once: an instruction that has an event is not settled by this step
-- parameters: settlement_date, act_id, effective_on

drop table if exists pg_temp.left_out;

create temporary table left_out on commit drop as
select instruction_id
from withheld_instructions
union
select instruction_id
from settlement.events
where settlement_date = %(settlement_date)s;

analyze left_out;

create table settlement.laid_events as
select
    m.instruction_id,
    m.settlement_date,
    %(effective_on)s::date as effective_on,
    %(act_id)s::integer as act_id,
    1::smallint as sequence,
    null::smallint as reverses_sequence,
    m.deliverer_id,
    m.receiver_id,
    m.payer_id,
    m.payee_id,
    null::bigint as net_instruction_id,
    'SETTLEMENT'::text as kind,
    'INSTRUCTED'::text as from_state,
    'SETTLED'::text as to_state,
    m.symbol,
    m.delivered_currency,
    m.currency,
    m.quantity,
    m.amount
from (
    -- where nothing is left out, several processes work the movements out and join nothing
    select *
    from settlement.instructed_movements
    where not exists (select from left_out)
    union all
    select *
    from settlement.instructed_movements as i
    where exists (select from left_out)
      and not exists (select from left_out as l where l.instruction_id = i.instruction_id)
) as m
where m.settlement_date = %(settlement_date)s;

select settlement.merge_partition('events', 'laid_events', %(settlement_date)s);

select count(*) as rows_in, count(*) as rows_out
from settlement.events
where settlement_date = %(settlement_date)s
  and act_id = %(act_id)s
  and sequence = 1;
