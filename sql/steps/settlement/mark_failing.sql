-- purpose: mark what was due and did not settle: it fails, once for each day on which it does.
-- reads: settlement.instruction_states
-- writes: settlement.events
-- rerun: append once: an instruction fails once a day
-- parameters: act_id, effective_on, settlement_dates

with open_instructions as (
    select
        instruction_id,
        settlement_date,
        last_sequence,
        state
    from settlement.instruction_states
    where settlement_date = any(%(settlement_dates)s::date[])
      and settlement_date <= %(effective_on)s
      and state not in ('SETTLED', 'CANCELLED')
      and not (state = 'FAILING' and last_effective_on >= %(effective_on)s)
),
failed as (
    insert into settlement.events (
        instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state
    )
    select
        instruction_id,
        settlement_date,
        %(effective_on)s,
        %(act_id)s,
        last_sequence + 1,
        'STATUS',
        state,
        'FAILING'
    from open_instructions
    order by instruction_id
    returning 1
)
select
    (select count(*) from open_instructions) as rows_in,
    (select count(*) from failed) as rows_out;
