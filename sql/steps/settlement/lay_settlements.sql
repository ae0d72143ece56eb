-- purpose: settle a date of which nothing has happened yet: its events are laid as a table of
--          their own, which becomes the date's partition. They move what instructed_movements says;
--          check_movements holds them against the instructions by other words.
-- reads: settlement.instructed_movements, settlement.events, withheld_instructions (temporary)
-- writes: settlement.laid_events (becomes a partition of settlement.events)
-- rerun: append once: a date that has a partition is not laid again
-- parameters: settlement_date, act_id, effective_on

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
from settlement.instructed_movements as m
where m.settlement_date = %(settlement_date)s
  and not exists (select from withheld_instructions as w where w.instruction_id = m.instruction_id);

select settlement.attach_partition('events', 'laid_events', %(settlement_date)s);

select count(*) as rows_in, count(*) as rows_out
from settlement.events
where settlement_date = %(settlement_date)s;
