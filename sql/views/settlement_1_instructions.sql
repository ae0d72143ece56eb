-- Instructions, where they stand, and the movements that came of them.

create or replace view settlement.instructed_movements as
select
    instruction_id,
    settlement_date,
    case method when 'PVP' then null else symbol end as symbol,
    delivered_currency,
    quantity,
    case when quantity is null then null
        when direction = 'DELIVER' then house_account_id else counterparty_account_id
    end as deliverer_id,
    case when quantity is null then null
        when direction = 'DELIVER' then counterparty_account_id else house_account_id
    end as receiver_id,
    case when amount <> 0 then currency end as currency,
    nullif(abs(amount), 0) as amount,
    case when amount = 0 then null
        when (direction = 'RECEIVE') = (amount > 0) then house_account_id
        else counterparty_account_id
    end as payer_id,
    case when amount = 0 then null
        when (direction = 'RECEIVE') = (amount > 0) then counterparty_account_id
        else house_account_id
    end as payee_id
from settlement.instructions;
comment on view settlement.instructed_movements is
    'What each instruction moves when it settles in whole, as the columns of settlement.events.';

create or replace view settlement.unlike_first_events as
select
    e.settlement_date,
    format('%s.%s of %s', e.instruction_id, e.sequence, e.settlement_date) as place
from settlement.events as e
left join settlement.instructions as i
    on i.settlement_date = e.settlement_date
    and i.instruction_id = e.instruction_id
where e.sequence = 1
  and e.to_state = 'SETTLED'
  and e.kind = 'SETTLEMENT'
  and (
      e.quantity is distinct from i.quantity
      or coalesce(e.amount, 0) <> abs(i.amount)
      or case e.quantity is null when false then
          coalesce(e.symbol, i.symbol) <> i.symbol
          or e.delivered_currency is distinct from i.delivered_currency
          or case i.direction
              when 'DELIVER' then e.deliverer_id <> i.house_account_id
                  or e.receiver_id <> i.counterparty_account_id
              else e.receiver_id <> i.house_account_id
                  or e.deliverer_id <> i.counterparty_account_id
          end
      end
      or case i.amount <> 0 when true then
          e.currency <> i.currency
          or case (i.direction = 'RECEIVE') = (i.amount > 0)
              when true then e.payer_id <> i.house_account_id
                  or e.payee_id <> i.counterparty_account_id
              else e.payee_id <> i.house_account_id
                  or e.payer_id <> i.counterparty_account_id
          end
      end
      or i.instruction_id is null
  );
comment on view settlement.unlike_first_events is
    'Settlements at once and in whole that do not move what was instructed: there must be none. Said '
    'in other words than instructed_movements, which made them. Ask by settlement_date.';

create or replace view settlement.instruction_states as
select
    i.*,
    coalesce(e.sequence, 0::smallint) as last_sequence,
    coalesce(e.to_state, 'INSTRUCTED') as state,
    coalesce(e.act_id, i.act_id) as last_act_id,
    e.effective_on as last_effective_on,
    coalesce(s.quantity, 0) as settled_quantity,
    coalesce(s.amount, 0) as settled_amount,
    e.net_instruction_id
from settlement.instructions as i
left join settlement.events as e
    on e.settlement_date = i.settlement_date
    and e.instruction_id = i.instruction_id
    and not exists (
        select
        from settlement.events as later
        where later.settlement_date = e.settlement_date
          and later.instruction_id = e.instruction_id
          and later.sequence > e.sequence
          and later.sequence > 1
    )
left join lateral (
    select e.quantity, e.amount
    where e.sequence = 1
    union all
    select
        sum(case a.kind when 'REVERSAL' then -a.quantity else a.quantity end),
        sum(case a.kind when 'REVERSAL' then -a.amount else a.amount end)
    from settlement.events as a
    where e.sequence > 1
      and a.settlement_date = e.settlement_date
      and a.instruction_id = e.instruction_id
    having e.sequence > 1
) as s on true;
comment on view settlement.instruction_states is
    'Each instruction where it stands now: state, last event, and what of it has settled (without '
    'signs; amount as it is paid). What is netted is SETTLED here as soon as the legs of '
    'net_instruction_id stand for it; where those are, settlement.net_states says. Ask by '
    'settlement_date.';

create or replace view settlement.instruction_events as
select
    i.instruction_id,
    i.settlement_date,
    0::smallint as sequence,
    'STATUS' as kind,
    null::text as from_state,
    'INSTRUCTED' as to_state,
    null::numeric as quantity,
    null::numeric as amount,
    null::text as currency,
    null::smallint as reverses_sequence,
    a.occurred_at,
    a.occurred_at::date as effective_on,
    a.cause,
    a.actor,
    a.run_id
from settlement.instructions as i
join settlement.acts as a using (act_id)
union all
select
    e.instruction_id,
    e.settlement_date,
    e.sequence,
    e.kind,
    e.from_state,
    e.to_state,
    e.quantity,
    e.amount,
    e.currency,
    e.reverses_sequence,
    a.occurred_at,
    e.effective_on,
    a.cause,
    a.actor,
    a.run_id
from settlement.events as e
join settlement.acts as a using (act_id);
comment on view settlement.instruction_events is
    'The whole life of each instruction: every transition with its time, cause and actor.';

create or replace view settlement.postings as
select
    e.instruction_id,
    e.settlement_date,
    e.sequence,
    e.effective_on,
    e.kind,
    e.symbol,
    e.delivered_currency,
    e.quantity,
    deliverer.account_name as deliverer,
    receiver.account_name as receiver,
    e.currency,
    e.amount,
    payer.account_name as payer,
    payee.account_name as payee,
    e.reverses_sequence
from settlement.events as e
left join settlement.accounts as deliverer on deliverer.account_id = e.deliverer_id
left join settlement.accounts as receiver on receiver.account_id = e.receiver_id
left join settlement.accounts as payer on payer.account_id = e.payer_id
left join settlement.accounts as payee on payee.account_id = e.payee_id
where e.quantity is not null
   or e.amount is not null;
comment on view settlement.postings is
    'Every movement with both its sides, by the names of the accounts: double entry in one row.';

create or replace view settlement.ledger_entries as
select
    e.settlement_date,
    e.instruction_id,
    e.sequence,
    e.effective_on,
    e.act_id,
    side.account_id,
    side.asset_kind,
    side.asset,
    side.amount
from settlement.events as e
cross join lateral (
    values
    (e.deliverer_id, 'SECURITY', e.symbol, -e.quantity),
    (e.receiver_id, 'SECURITY', e.symbol, e.quantity),
    (e.deliverer_id, 'CASH', e.delivered_currency, -e.quantity),
    (e.receiver_id, 'CASH', e.delivered_currency, e.quantity),
    (e.payer_id, 'CASH', e.currency, -e.amount),
    (e.payee_id, 'CASH', e.currency, e.amount)
) as side (account_id, asset_kind, asset, amount)
where side.asset is not null;
comment on view settlement.ledger_entries is
    'The movements as signed lines: per account and instrument or currency, minus what leaves, plus '
    'what comes.';
