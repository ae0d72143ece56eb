-- purpose: let the legs of a bilateral net that settle together or not at all settle in no parts.
-- reads: settlement.net_legs
-- writes: due_movements, linked_movements (temporary)
-- rerun: replaces the temporary table
-- parameters: settlement_dates, fresh_dates

drop table if exists pg_temp.linked_movements;

create temporary table linked_movements on commit drop as
select distinct l.instruction_id
from settlement.net_legs as l
join settlement.net_legs as o
    on (o.net_instruction_id, o.house_account_id, o.counterparty_account_id, o.currency)
    = (l.net_instruction_id, l.house_account_id, l.counterparty_account_id, l.currency)
    and o.instruction_id <> l.instruction_id
where l.netted_on = any(%(settlement_dates)s::date[] || %(fresh_dates)s::date[])
  and o.netted_on = any(%(settlement_dates)s::date[] || %(fresh_dates)s::date[])
  and l.netting_method = 'BILATERAL'
  and o.state not in ('SETTLED', 'CANCELLED')
  and l.instruction_id in (select instruction_id from due_movements);

update due_movements
set lot = null
where instruction_id in (select instruction_id from linked_movements);

select
    (select count(*) from due_movements) as rows_in,
    (select count(*) from linked_movements) as rows_out;
