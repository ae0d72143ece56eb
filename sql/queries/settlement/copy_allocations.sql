copy loaded_allocations (business_date, trade_id, account, quantity, source_line) from stdin
