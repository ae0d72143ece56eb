-- What the date's trades cost, by type of fee and currency.
select fee_type, payee, currency, charge_count, reversal_count, amount
from report.fee_summary
where business_date = %(business_date)s
order by fee_type collate "C", payee collate "C", currency collate "C"
