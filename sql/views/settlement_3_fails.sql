-- What failed on which day, why, and whose fault it is.

create or replace view settlement.failing_events as
select e.instruction_id, e.settlement_date, e.sequence, e.act_id, e.settlement_date as as_of_date
from settlement.events as e
where e.to_state = 'FAILING'
  and e.kind = 'STATUS'
  and e.effective_on = e.settlement_date
union all
select e.instruction_id, e.settlement_date, e.sequence, e.act_id, e.effective_on
from settlement.events as e
where e.to_state = 'FAILING'
  and e.kind = 'STATUS'
  and e.effective_on <> e.settlement_date;
comment on view settlement.failing_events is
    'Each mark of a fail, by its day: on the intended date itself by partition, later by index.';

create or replace view settlement.fails as
select
    f.as_of_date,
    f.instruction_id,
    f.settlement_date,
    i.purpose,
    i.subject_id,
    i.business_date,
    i.counterparty_id,
    i.account,
    i.house_account_id,
    i.market_id,
    i.asset_class,
    i.symbol,
    i.currency,
    i.direction,
    i.method,
    i.quantity - coalesce(s.quantity, 0) as open_quantity,
    abs(i.amount) - coalesce(s.amount, 0) as open_amount,
    coalesce(s.quantity, 0) as settled_quantity,
    a.cause as reason,
    r.failing_party,
    r.is_lack_of_cash,
    r.iso_reason,
    settlement.age_in_business_days(i.market_id, f.settlement_date, f.as_of_date)
        as age_business_days,
    settlement.age_bucket(
        settlement.age_in_business_days(i.market_id, f.settlement_date, f.as_of_date)
    ) as age_bucket
from settlement.failing_events as f
join settlement.instructions as i
    on i.settlement_date = f.settlement_date
    and i.instruction_id = f.instruction_id
join settlement.acts as a on a.act_id = f.act_id
left join lateral (
    select n.failing_party, n.is_lack_of_cash, n.iso_reason
    from reference.fail_reasons as n
    where n.reason in (a.cause, '*')
    order by n.reason = '*'
    limit 1
) as r on true
left join lateral (
    select
        sum(case m.kind when 'REVERSAL' then -m.quantity else m.quantity end) as quantity,
        sum(case m.kind when 'REVERSAL' then -m.amount else m.amount end) as amount,
        bool_or(m.to_state in ('SETTLED', 'CANCELLED')) as is_ended,
        max(m.sequence) filter (
            where m.to_state = 'FAILING' and m.effective_on = f.as_of_date
        ) as last_sequence
    from settlement.events as m
    where m.settlement_date = f.settlement_date
      and m.instruction_id = f.instruction_id
      and m.effective_on <= f.as_of_date
) as s on true
where s.last_sequence = f.sequence
  and not s.is_ended;
comment on view settlement.fails is
    'Instructions that had not settled at the end of a settlement day, with what was open of them '
    'then. Ask by as_of_date; a past day always answers the same.';

create or replace view settlement.failed_flows as
select
    f.as_of_date,
    f.counterparty_id,
    f.symbol,
    f.currency,
    case f.direction when 'RECEIVE' then f.open_quantity else 0 end as bought_quantity,
    case f.direction when 'RECEIVE' then 0 else f.open_quantity end as sold_quantity,
    case f.direction when 'RECEIVE' then f.open_amount else 0 end as bought_amount,
    case f.direction when 'RECEIVE' then 0 else f.open_amount end as sold_amount
from settlement.fails as f
join settlement.accounts as a on a.account_id = f.house_account_id
where f.purpose in ('TRADE', 'ALLOCATION', 'NET')
  and f.symbol is not null
  and a.account_kind = 'HOUSE';
comment on view settlement.failed_flows is
    'What was due by a date and is still owed on it, in the form of flows; of what was netted the '
    'net, our side of it.';

create or replace view settlement.uninstructed as
select
    b.business_date,
    b.subject_kind,
    b.subject_id,
    b.break_type as reason,
    b.counterparty_id,
    b.symbol,
    b.currency,
    b.exposure_amount as open_amount,
    b.opened_at,
    b.resolved_at,
    b.status
from settlement.breaks as b
where b.subject_kind in ('TRADE', 'STANDING_INSTRUCTION');
comment on view settlement.uninstructed is
    'What could not even be instructed, and so fails without an instruction: no standing '
    'instruction, two of them, a closed day …';
