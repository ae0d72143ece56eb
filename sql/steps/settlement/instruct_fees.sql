-- purpose: instruct the payment of what is owed to authorities: one for each account, currency and
--          settlement date; a restatement instructs the difference, back where it is negative.
-- reads: owed_fees (temporary)
-- writes: settlement.instructions, settlement.accounts, settlement.cycles
-- rerun: append once: what is instructed is not owed again
-- parameters: business_date, act_id, first_instruction_id (of a block that is large enough)

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, house_account_id,
    counterparty_account_id, purpose, subject_id, direction, method, currency, counterparty_id,
    account, strategy, amount
)
select
    %(first_instruction_id)s - 1 + row_number() over (
        order by authority, account, currency, settlement_date
    ),
    settlement_date,
    %(business_date)s,
    %(act_id)s,
    version,
    settlement.open_account('HOUSE', account),
    settlement.open_account('AUTHORITY', authority),
    'FEE',
    concat_ws('/', authority, account, currency),
    'RECEIVE',
    'PAYMENT',
    currency,
    authority,
    account,
    'NONE',
    amount
from owed_fees
on conflict do nothing;

update settlement.cycles
set open_count = null
where settlement_date in (select settlement_date from owed_fees)
  and open_count is not null;

select
    (select count(*) from owed_fees) as rows_in,
    (
        select count(*)
        from settlement.instructions
        where business_date = %(business_date)s
          and purpose = 'FEE'
          and act_id = %(act_id)s
    ) as rows_out;
