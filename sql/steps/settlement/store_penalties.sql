-- purpose: charge each day of fail what it costs; what was charged otherwise is taken back first.
-- reads: priced_days, penalised_instructions (temporary), settlement.current_penalties,
--        reference.currencies
-- writes: settlement.penalties, computed_penalties (temporary)
-- rerun: append once: what is charged as computed stays
-- parameters: business_date, run_id, as_of

drop table if exists pg_temp.computed_penalties;

create temporary table computed_penalties on commit drop as
select
    d.instruction_id,
    d.settlement_date,
    d.as_of_date as penalty_date,
    d.counterparty_id,
    d.house_account_id,
    d.failing_party as payer,
    d.reason,
    d.type_of_fail,
    d.symbol,
    d.penalty_currency as currency,
    d.open_quantity,
    d.open_amount,
    case d.basis when 'REFERENCE_VALUE' then d.price end as reference_price,
    case d.basis when 'REFERENCE_VALUE' then d.mark_date end as price_date,
    d.rate,
    case when d.lacking is null then settlement.divide_rounded(
        d.rate * case d.basis when 'AMOUNT' then d.open_amount else d.open_quantity * d.price end,
        d.divisor, coalesce(c.minor_unit_digits, 2)
    ) end as amount,
    d.lacking
from priced_days as d
left join reference.currencies as c on c.currency = d.penalty_currency;

insert into settlement.penalties (
    instruction_id, settlement_date, penalty_date, reverses_penalty_id, counterparty_id,
    house_account_id, payer, reason, type_of_fail, symbol, currency, open_quantity, open_amount,
    reference_price, price_date, rate, amount, lacking, run_id, recorded_at
)
select
    p.instruction_id, p.settlement_date, p.penalty_date, p.penalty_id, p.counterparty_id,
    p.house_account_id, p.payer, p.reason, p.type_of_fail, p.symbol, p.currency, p.open_quantity,
    p.open_amount, p.reference_price, p.price_date, p.rate, -p.amount, p.lacking, %(run_id)s,
    %(as_of)s
from settlement.current_penalties as p
left join computed_penalties as c using (instruction_id, penalty_date)
where p.instruction_id in (select instruction_id from penalised_instructions)
  and p.penalty_date < %(business_date)s
  and (
      p.payer, p.type_of_fail, p.currency, p.open_quantity, p.open_amount, p.reference_price,
      p.rate, p.amount, p.lacking
  ) is distinct from (
      c.payer, c.type_of_fail, c.currency, c.open_quantity, c.open_amount, c.reference_price,
      c.rate, c.amount, c.lacking
  )
order by p.penalty_id;

insert into settlement.penalties (
    instruction_id, settlement_date, penalty_date, counterparty_id, house_account_id, payer, reason,
    type_of_fail, symbol, currency, open_quantity, open_amount, reference_price, price_date, rate,
    amount, lacking, run_id, recorded_at
)
select c.*, %(run_id)s, %(as_of)s
from computed_penalties as c
where not exists (
    select
    from settlement.current_penalties as p
    where p.instruction_id = c.instruction_id
      and p.penalty_date = c.penalty_date
)
order by c.instruction_id, c.penalty_date;

select
    (select count(*) from computed_penalties) as rows_in,
    (select count(*) from settlement.penalties where run_id = %(run_id)s) as rows_out;
