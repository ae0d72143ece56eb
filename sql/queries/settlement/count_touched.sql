-- Whether any trade waits for its instruction to be looked at.
select exists (select from settlement.touched_trades)
