select trade_id, side, symbol, quantity, price, currency, account, counterparty_id
from trade.executions
order by trade_id
limit %(count)s
