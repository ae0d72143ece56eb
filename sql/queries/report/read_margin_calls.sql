-- Margin of each netting set and account, the largest call first.
select
    subject_kind,
    subject,
    currency,
    initial_margin_amount,
    maintenance_margin_amount,
    replacement_amount,
    required_amount,
    held_amount,
    call_amount,
    note
from report.margin_calls
where business_date = %(business_date)s
order by subject_kind collate "C", call_amount desc nulls last, subject collate "C"
