-- purpose: instruct the payment of each new statement: one for each account of ours that it
--          concerns, from who owes more to who owes less.
-- reads: new_statements (temporary), settlement.penalty_statement_lines, settlement.penalties,
--        settlement.accounts
-- writes: settlement.instructions, settlement.cycles, statement_payments (temporary)
-- rerun: append once, by statement and account
-- parameters: act_id, business_date, first_instruction_id (of a block that is large enough)

drop table if exists pg_temp.statement_payments;

create temporary table statement_payments on commit drop as
select
    s.statement_id,
    s.counterparty_id,
    s.currency,
    s.payment_date,
    p.house_account_id,
    a.account_name,
    sum(case p.payer when 'COUNTERPARTY' then p.amount else -p.amount end) as net_amount
from new_statements as s
join settlement.penalty_statement_lines as l using (statement_id)
join settlement.penalties as p using (penalty_id)
join settlement.accounts as a on a.account_id = p.house_account_id
group by
    s.statement_id, s.counterparty_id, s.currency, s.payment_date, p.house_account_id,
    a.account_name;

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, part_number,
    house_account_id, counterparty_account_id, purpose, subject_id, direction, method, currency,
    counterparty_id, account, strategy, amount
)
select
    %(first_instruction_id)s - 1 + row_number() over (order by p.statement_id, p.account_name),
    p.payment_date,
    %(business_date)s,
    %(act_id)s,
    1,
    row_number() over (partition by p.statement_id order by p.account_name),
    p.house_account_id,
    settlement.open_account('COUNTERPARTY', p.counterparty_id),
    'PENALTY',
    p.statement_id,
    -- of a payment, who receives pays
    case when p.net_amount > 0 then 'DELIVER' else 'RECEIVE' end,
    'PAYMENT',
    p.currency,
    p.counterparty_id,
    p.account_name,
    'NONE',
    abs(p.net_amount)
from statement_payments as p
where p.net_amount <> 0
on conflict do nothing;

update settlement.cycles
set open_count = null
where settlement_date in (select payment_date from statement_payments);

select
    (select count(*) from statement_payments) as rows_in,
    (select count(*) from statement_payments where net_amount <> 0) as rows_out;
