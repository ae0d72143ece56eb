-- Whether a trade date has charges.
select exists (select from settlement.trade_fees where business_date = %(business_date)s)
