-- What accounts of ours hold because it settled.

create or replace view settlement.settled_securities as
select a.account_name as account, m.asset as symbol, m.effective_on, m.amount as quantity
from (
    select account_id, asset, effective_on, amount
    from settlement.settled_flows
    where asset_kind = 'SECURITY'
    union all
    -- what settled since these flows were summed
    select account_id, asset, effective_on, amount
    from settlement.ledger_entries
    where act_id > (select last_act_id from settlement.flow_mark)
      and asset_kind = 'SECURITY'
) as m
join settlement.accounts as a on a.account_id = m.account_id
where a.account_kind = 'HOUSE';
comment on view settlement.settled_securities is
    'What each account of ours received (positive) and delivered by the ledger of settlement: their sum '
    'up to a day is what really settled by its end. Splits are in it, opening holdings are not.';
