-- purpose: settle the candidates of a date of which less has happened than is due, as
--          insert_settlements does: laid as a table, which takes the place of the date's partition,
--          with its rows. check_movements holds them against the instructions by other words.
-- reads: candidate_instructions, withheld_instructions (temporary),
--        settlement.instructed_movements, settlement.events
-- writes: settlement.laid_events (becomes a partition of settlement.events)
-- rerun: append once: an event that is there is not laid again
-- parameters: act_id, effective_on, settlement_date

-- each table is read once, whatever the planner thinks of their joins
set local enable_nestloop to off;

create table settlement.laid_events as
select
    c.instruction_id,
    c.settlement_date,
    %(effective_on)s::date as effective_on,
    %(act_id)s::integer as act_id,
    (c.last_sequence + 1)::smallint as sequence,
    null::smallint as reverses_sequence,
    m.deliverer_id,
    m.receiver_id,
    case when m.amount > c.settled_amount then m.payer_id end as payer_id,
    case when m.amount > c.settled_amount then m.payee_id end as payee_id,
    null::bigint as net_instruction_id,
    'SETTLEMENT'::text as kind,
    c.state as from_state,
    'SETTLED'::text as to_state,
    m.symbol,
    m.delivered_currency,
    case when m.amount > c.settled_amount then m.currency end as currency,
    m.quantity - c.settled_quantity as quantity,
    nullif(m.amount - c.settled_amount, 0) as amount
from candidate_instructions as c
join settlement.instructed_movements as m
    on m.settlement_date = %(settlement_date)s
    and m.instruction_id = c.instruction_id
where c.settlement_date = %(settlement_date)s
  and not exists (
      select from withheld_instructions as w where w.instruction_id = c.instruction_id
  )
  and not exists (
      select
      from settlement.events as e
      where e.settlement_date = %(settlement_date)s
        and e.instruction_id = c.instruction_id
        and e.sequence > c.last_sequence
  );

set local enable_nestloop to default;

select settlement.merge_partition('events', 'laid_events', %(settlement_date)s);

select count(*) as rows_in, count(*) as rows_out
from settlement.events
where settlement_date = %(settlement_date)s
  and act_id = %(act_id)s
  and kind = 'SETTLEMENT';
