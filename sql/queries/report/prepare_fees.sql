-- What the date's trades cost, summed once for everything the pack says of it.
create temporary table pack_fees on commit drop as
select business_date, fee_type, payee, currency, charge_count, reversal_count, amount
from report.fee_summary
where business_date = %(business_date)s
