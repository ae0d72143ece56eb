create table limit_movements as
select
    instruction_id,
    settlement_date,
    settlement_date as effective_on,
    2 as act_id,
    1::smallint as sequence,
    null::smallint as reverses_sequence,
    null::integer as deliverer_id,
    null::integer as receiver_id,
    null::integer as payer_id,
    null::integer as payee_id,
    1::bigint as net_instruction_id,
    'NETTED'::text as kind,
    'INSTRUCTED'::text as from_state,
    'SETTLED'::text as to_state,
    null::text as symbol,
    null::text as delivered_currency,
    null::text as currency,
    null::numeric as quantity,
    null::numeric as amount
from limit_instructions
