create table limit_movements as
select
    instruction_id,
    settlement_date,
    settlement_date as effective_on,
    2 as act_id,
    1::smallint as sequence,
    null::smallint as reverses_sequence,
    case direction when 'DELIVER' then house_account_id else counterparty_account_id end
        as deliverer_id,
    case direction when 'DELIVER' then counterparty_account_id else house_account_id end
        as receiver_id,
    case direction when 'RECEIVE' then house_account_id else counterparty_account_id end as payer_id,
    case direction when 'RECEIVE' then counterparty_account_id else house_account_id end as payee_id,
    null::bigint as net_instruction_id,
    'SETTLEMENT'::text as kind,
    'INSTRUCTED'::text as from_state,
    'SETTLED'::text as to_state,
    symbol,
    delivered_currency,
    currency,
    quantity,
    amount
from limit_instructions
