-- purpose: book what a depository has settled, where its word settles: delivery and payment of what
--          is new of it, in one row.
-- reads: weighed_statuses (temporary), settlement.instructed_movements
-- writes: settlement.events, settlement.applied_statuses
-- rerun: append once: what was booked is not new
-- parameters: act_id, settlement_dates

with booked as (
    insert into settlement.events (
        instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state,
        to_state, symbol, delivered_currency, quantity, deliverer_id, receiver_id, currency,
        amount, payer_id, payee_id
    )
    select
        w.instruction_id,
        w.settlement_date,
        w.settled_on,
        %(act_id)s,
        w.last_sequence + 1,
        'SETTLEMENT',
        w.state,
        w.to_state,
        m.symbol,
        m.delivered_currency,
        w.told_quantity - w.settled_quantity,
        m.deliverer_id,
        m.receiver_id,
        case when w.told_amount > w.settled_amount then m.currency end,
        nullif(w.told_amount - w.settled_amount, 0),
        case when w.told_amount > w.settled_amount then m.payer_id end,
        case when w.told_amount > w.settled_amount then m.payee_id end
    from weighed_statuses as w
    join settlement.instructed_movements as m
        on m.settlement_date = any(%(settlement_dates)s::date[])
        and m.settlement_date = w.settlement_date
        and m.instruction_id = w.instruction_id
    where w.is_to_book
    order by w.instruction_id
    on conflict do nothing
    returning instruction_id, settlement_date, sequence
),
noted as (
    insert into settlement.applied_statuses (
        instruction_id, settlement_date, sequence, topic, partition, message_offset
    )
    select
        b.instruction_id, b.settlement_date, b.sequence, w.settled_topic, w.settled_partition,
        w.settled_offset
    from booked as b
    join weighed_statuses as w using (instruction_id)
)
select
    (select count(*) from weighed_statuses) as rows_in,
    count(*) as rows_out
from booked;
