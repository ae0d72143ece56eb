insert into peer_confirmations (trade_id, quantity, price, confirmed_at)
values (%s, %s, %s, %s)
on conflict (trade_id) do update set
    quantity = excluded.quantity,
    price = excluded.price,
    confirmed_at = excluded.confirmed_at
