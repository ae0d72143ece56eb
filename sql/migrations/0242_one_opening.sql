-- What accounts held before the first movement stands in reference.opening_holdings: once.

drop table settlement.opening_balances;
