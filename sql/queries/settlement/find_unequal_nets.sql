-- A few of the accounts that a net gives more or less than the gross behind it.
select
    format(
        'net %%s of %%s, account %%s, %%s: %%s', net_instruction_id, netted_on, account_id, asset,
        difference
    )
from settlement.unequal_nets
where netted_on = any(%(settlement_dates)s::date[])
order by 1
limit 5
