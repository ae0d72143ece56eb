-- purpose: hold the instructions of trades that no longer match, and release those whose trades
--          match again. The counterparty's side may be matched already at the depository: an
--          instruction is withdrawn only when its trade is.
-- reads: judged_instructions (temporary)
-- writes: settlement.acts, settlement.holds, settlement.events
-- rerun: append once: what is held is not held again
-- parameters: run_id, as_of, effective_on, actor

drop table if exists pg_temp.changed_holds;

create temporary table changed_holds on commit drop as
select
    j.*,
    a.act_id
from judged_instructions as j
join (
    select
        is_to_hold,
        settlement.open_act(
            case when is_to_hold then 'trade_no_longer_matches' else 'trade_matches_again' end,
            %(actor)s, %(run_id)s, %(as_of)s
        ) as act_id
    from (
        select distinct is_to_hold
        from judged_instructions
        where cancel_cause is null and (is_to_hold or is_to_release)
    ) as ways
) as a using (is_to_hold)
where j.cancel_cause is null
  and (j.is_to_hold or j.is_to_release);

insert into settlement.holds (instruction_id, settlement_date, cause, placed_act_id)
select instruction_id, settlement_date, 'trade_no_longer_matches', act_id
from changed_holds
where is_to_hold
order by instruction_id
on conflict do nothing;

update settlement.holds as h
set released_act_id = c.act_id
from changed_holds as c
where c.is_to_release
  and h.hold_id = c.hold_id
  and h.released_act_id is null;

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state
)
select
    instruction_id,
    settlement_date,
    %(effective_on)s,
    act_id,
    last_sequence + 1,
    'STATUS',
    state,
    case when is_to_hold then 'PENDING' else 'INSTRUCTED' end
from changed_holds
where is_to_hold and state <> 'PENDING'
   or is_to_release and state = 'PENDING'
order by instruction_id
on conflict do nothing;

select count(*) as rows_in, count(*) as rows_out
from changed_holds;
