-- purpose: add the movements that came since the last time to the daily flows of their accounts.
-- reads: settlement.flow_mark, settlement.ledger_entries, settlement.events
-- writes: settlement.settled_flows, settlement.flow_mark
-- rerun: append once: acts up to the mark are in already
-- parameters: none

drop table if exists pg_temp.new_flows;

create temporary table new_flows on commit drop as
select
    l.account_id,
    l.asset_kind,
    l.asset,
    l.effective_on,
    sum(l.amount) as amount
from settlement.ledger_entries as l
where l.act_id > (select last_act_id from settlement.flow_mark)
group by l.account_id, l.asset_kind, l.asset, l.effective_on;

insert into settlement.settled_flows as f (account_id, asset_kind, asset, effective_on, amount)
select account_id, asset_kind, asset, effective_on, amount
from new_flows
on conflict (account_id, asset_kind, asset, effective_on) do update
set amount = f.amount + excluded.amount;

-- writers take turns, and name acts of their own: no act that is counted gets another event
update settlement.flow_mark
set last_act_id = n.act_id
from (
    select max(act_id) as act_id
    from settlement.events
    where act_id > (select last_act_id from settlement.flow_mark)
) as n
where n.act_id > last_act_id;

select count(*) as rows_in, count(*) as rows_out
from new_flows;
