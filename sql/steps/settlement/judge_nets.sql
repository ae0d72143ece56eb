-- purpose: hold the legs of the given nets against what they have to be: a leg that says otherwise
--          is netted anew; what no leg says is missing.
-- reads: wanted_legs (temporary), settlement.net_legs
-- writes: judged_instructions, missing_legs (temporary)
-- rerun: replaces the temporary tables
-- parameters: net_instruction_ids, net_dates

drop table if exists pg_temp.judged_instructions, pg_temp.missing_legs;

create temporary table judged_instructions on commit drop as
select
    l.instruction_id,
    l.settlement_date,
    l.last_sequence,
    l.state,
    l.state = 'SETTLED' or l.settled_quantity > 0 or l.settled_amount > 0 as has_settled,
    case when w.net_instruction_id is null then 'netted_anew' end as cancel_cause,
    false as is_to_hold,
    false as is_to_release,
    l.net_instruction_id,
    l.purpose,
    l.house_account_id,
    l.counterparty_account_id,
    l.symbol,
    l.currency
from settlement.net_legs as l
left join wanted_legs as w
    on w.net_instruction_id = l.net_instruction_id
    and (w.purpose, w.house_id, w.party_id, w.currency, w.quantity, w.amount)
    = (
        l.purpose, l.house_account_id, l.counterparty_account_id, l.currency,
        coalesce(l.received_quantity, 0), l.paid_amount
    )
    and w.symbol is not distinct from l.symbol
where l.netted_on = any(%(net_dates)s::date[])
  and l.net_instruction_id = any(%(net_instruction_ids)s::bigint[])
  and l.state <> 'CANCELLED';

create temporary table missing_legs on commit drop as
select w.*
from wanted_legs as w
where not exists (
    select
    from judged_instructions as j
    where j.cancel_cause is null
      and j.net_instruction_id = w.net_instruction_id
      and (j.purpose, j.house_account_id, j.counterparty_account_id, j.currency)
      = (w.purpose, w.house_id, w.party_id, w.currency)
      and j.symbol is not distinct from w.symbol
);

select
    (select count(*) from judged_instructions) as rows_in,
    (select count(*) from judged_instructions where cancel_cause is not null) as rows_out;
