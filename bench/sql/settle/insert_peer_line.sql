insert into peer_lines (instruction_id, account, asset, amount) values (%s, %s, %s, %s)
