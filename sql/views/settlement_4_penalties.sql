-- What fails cost, and who owes whom.

create or replace view settlement.current_penalties as
select
    p.*,
    case p.payer when 'HOUSE' then -p.amount else p.amount end as our_amount,
    l.statement_id
from settlement.penalties as p
left join settlement.penalty_statement_lines as l using (penalty_id)
where p.reverses_penalty_id is null
  and not exists (
      select
      from settlement.penalties as r
      where r.reverses_penalty_id = p.penalty_id
  );
comment on view settlement.current_penalties is
    'Each day of each fail at what it costs by all that is known now. our_amount: positive where the '
    'counterparty owes us.';

create or replace view settlement.penalty_balances as
select
    date_trunc('month', p.penalty_date)::date as penalty_month,
    p.counterparty_id,
    p.currency,
    count(*) filter (where p.reverses_penalty_id is null) as row_count,
    coalesce(sum(p.amount) filter (where p.payer = 'COUNTERPARTY'), 0) as owed_to_us,
    coalesce(sum(p.amount) filter (where p.payer = 'HOUSE'), 0) as owed_by_us,
    coalesce(
        sum(case p.payer when 'COUNTERPARTY' then p.amount else -p.amount end), 0
    ) as net_amount,
    count(*) filter (
        where p.lacking is not null
        and p.reverses_penalty_id is null
        and not exists (
            select from settlement.penalties as r where r.reverses_penalty_id = p.penalty_id
        )
    ) as unpriced_count
from settlement.penalties as p
group by date_trunc('month', p.penalty_date)::date, p.counterparty_id, p.currency;
comment on view settlement.penalty_balances is
    'Penalties by month of the fail, counterparty and currency, corrections included: net_amount '
    'positive where the counterparty owes us.';

create or replace view settlement.penalty_statement_totals as
select
    s.statement_id,
    s.statement_month,
    s.statement_number,
    s.counterparty_id,
    s.currency,
    s.stated_on,
    s.payment_date,
    count(*) as line_count,
    coalesce(sum(p.amount) filter (where p.payer = 'COUNTERPARTY'), 0) as owed_to_us,
    coalesce(sum(p.amount) filter (where p.payer = 'HOUSE'), 0) as owed_by_us,
    sum(case p.payer when 'COUNTERPARTY' then p.amount else -p.amount end) as net_amount,
    case sign(sum(case p.payer when 'COUNTERPARTY' then p.amount else -p.amount end))
        when 1 then 'COUNTERPARTY'
        when -1 then 'HOUSE'
        else 'NOBODY'
    end as net_payer
from settlement.penalty_statements as s
join settlement.penalty_statement_lines as l using (statement_id)
join settlement.penalties as p using (penalty_id)
group by s.statement_id;
comment on view settlement.penalty_statement_totals is
    'Each monthly statement: what each side owes, and who pays the difference.';
