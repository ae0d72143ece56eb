-- purpose: settle the parts that could be released of what is short: delivery and its share of the
--          payment in one row; the rest stays due.
-- reads: due_movements (temporary), settlement.instructed_movements
-- writes: settlement.events
-- rerun: append once: a part follows on the event before it
-- parameters: act_id, effective_on

with parts as (
    select
        *,
        case when method <> 'PAYMENT' then released_quantity end as part_quantity,
        nullif(released_amount, 0) as part_amount
    from due_movements
    where released_quantity > 0
      and settled_quantity + released_quantity < quantity
),
settled as (
    insert into settlement.events (
        instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state,
        symbol, delivered_currency, quantity, deliverer_id, receiver_id, currency, amount, payer_id,
        payee_id
    )
    select
        p.instruction_id,
        p.settlement_date,
        %(effective_on)s,
        %(act_id)s,
        p.last_sequence + 1,
        'SETTLEMENT',
        p.state,
        'PARTIALLY_SETTLED',
        m.symbol,
        m.delivered_currency,
        p.part_quantity,
        m.deliverer_id,
        m.receiver_id,
        case when p.part_amount is not null then m.currency end,
        p.part_amount,
        case when p.part_amount is not null then m.payer_id end,
        case when p.part_amount is not null then m.payee_id end
    from parts as p
    join settlement.instructed_movements as m
        on m.settlement_date = p.settlement_date
        and m.instruction_id = p.instruction_id
    order by p.instruction_id
    on conflict (instruction_id, sequence, settlement_date) do nothing
    returning 1
)
select
    (select count(*) from parts) as rows_in,
    (select count(*) from settled) as rows_out;
