-- The date's custodian statements and in how many places they differ from our books.
select
    custodian_id,
    account,
    statement_kind,
    statement_id,
    version,
    opening_count,
    new_count,
    closed_count,
    closing_count
from report.statement_roll_forward
where as_of_date = %(business_date)s
order by custodian_id collate "C", account collate "C", statement_kind collate "C"
