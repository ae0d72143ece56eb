-- What is charged once a trade is the same for every trade: it is worked out once for its rate.

alter type settlement.fee_term add attribute fixed_amount numeric;
comment on type settlement.fee_term is
    'A rate as settlement.charge works it out: factor, addend and unit are its rounding; '
    'fixed_amount: what it comes to for every trade, null where that depends on the trade.';
