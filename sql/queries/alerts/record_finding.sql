-- Something that people must hear of; found again, it is not alerted again.
insert into control.alert_findings (
    kind, finding_key, business_date, summary, next_step, found_at
)
values (
    %(kind)s, %(finding_key)s, %(business_date)s, %(summary)s, %(next_step)s, clock_timestamp()
)
on conflict (kind, finding_key) do nothing
