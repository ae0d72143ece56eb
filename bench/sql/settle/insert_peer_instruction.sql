insert into peer_instructions (
    instruction_id, trade_id, side, symbol, quantity, currency, amount, counterparty_id
) values (%s, %s, %s, %s, %s, %s, %s, %s)
