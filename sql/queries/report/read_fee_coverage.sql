-- How many of the date's trades any rate applies to; no row: fees were not computed yet.
select trade_count, charged_count, not_computed_count
from report.fee_coverage
where business_date = %(business_date)s
