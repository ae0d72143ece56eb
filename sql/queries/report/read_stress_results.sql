-- What each scenario would make of the firm.
select scenario_id, currency, pnl_amount, note
from report.stress_results
where business_date = %(business_date)s
  and subject_kind = 'FIRM'
order by pnl_amount nulls last, scenario_id collate "C"
