create table limit_instructions as
select
    row_number() over () as instruction_id,
    e.settlement_date,
    e.business_date,
    1 as act_id,
    e.version as subject_version,
    0 as part_number,
    1 as standing_instruction_id,
    1 as house_account_id,
    2 as counterparty_account_id,
    'TRADE'::text as purpose,
    e.trade_id as subject_id,
    case e.side when 'BUY' then 'RECEIVE' else 'DELIVER' end as direction,
    'DVP'::text as method,
    e.symbol,
    null::text as delivered_currency,
    e.asset_class,
    'US'::text as market_id,
    e.currency,
    e.counterparty_id,
    e.account,
    e.strategy,
    e.quantity,
    round(e.price * e.quantity, 2) as amount
from trade.executions as e
join recon.single_matches as m
    on m.business_date = e.business_date
    and m.trade_id = e.trade_id
    and m.execution_version = e.version
