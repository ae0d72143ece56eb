-- Exposure to each counterparty, the largest first.
select counterparty_id, currency, gross_amount, net_amount, replacement_amount, unpriced_count, note
from report.counterparty_exposures
where business_date = %(business_date)s
order by gross_amount desc nulls last, counterparty_id collate "C"
