insert into peer_executions (trade_id, symbol, side, quantity, price, executed_at)
values (%s, %s, %s, %s, %s, %s)
on conflict (trade_id) do update set
    symbol = excluded.symbol,
    side = excluded.side,
    quantity = excluded.quantity,
    price = excluded.price,
    executed_at = excluded.executed_at
