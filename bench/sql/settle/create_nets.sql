create table limit_nets as
select
    house_account_id,
    counterparty_account_id,
    symbol,
    currency,
    sum(case direction when 'RECEIVE' then quantity else -quantity end) as quantity,
    sum(case direction when 'RECEIVE' then amount else -amount end) as amount
from limit_instructions
group by house_account_id, counterparty_account_id, symbol, currency
