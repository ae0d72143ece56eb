-- purpose: find, once for each kind of open instruction, the agreement that nets it on the day.
-- reads: candidate_instructions, withheld_instructions (temporary), settlement.instructions
-- writes: open_kinds, netting_kinds (temporary), settlement.accounts (netting centres are opened)
-- rerun: replaces the temporary tables
-- parameters: settlement_dates (with events), fresh_dates (without any), effective_on

drop table if exists pg_temp.open_kinds, pg_temp.netting_kinds;

-- by several processes, where nothing else is asked
create temporary table open_kinds on commit drop as
select counterparty_id, market_id, asset_class, currency, method
from settlement.instructions
where settlement_date = any(%(fresh_dates)s::date[])
  and purpose in ('TRADE', 'ALLOCATION')
group by counterparty_id, market_id, asset_class, currency, method
union
select i.counterparty_id, i.market_id, i.asset_class, i.currency, i.method
from candidate_instructions as c
join settlement.instructions as i
    on i.settlement_date = any(%(settlement_dates)s::date[])
    and i.settlement_date = c.settlement_date
    and i.instruction_id = c.instruction_id
    and i.purpose in ('TRADE', 'ALLOCATION')
where not exists (select from withheld_instructions as w where w.instruction_id = c.instruction_id);

create temporary table netting_kinds on commit drop as
select
    k.*,
    a.agreement,
    a.method as netting_method,
    case when a.netting_centre is not null
        then settlement.open_account('CLEARING_HOUSE', a.netting_centre)
    end as centre_account_id
from open_kinds as k
cross join lateral reference.find_netting_agreement(
    k.counterparty_id, k.market_id, k.asset_class, k.currency, %(effective_on)s
) as a
where case a.method
    when 'BILATERAL' then true
    when 'CENTRAL' then k.method = 'DVP'
    when 'PAYMENT' then k.method in ('PVP', 'PAYMENT')
    else false
end;
select count(*) as rows_in, count(distinct agreement) as rows_out
from netting_kinds;
