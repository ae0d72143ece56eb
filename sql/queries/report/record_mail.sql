-- A pack was handed to the mail server. A repeated sending keeps the first row.
insert into report.mails (business_date, version, recipient, message_id)
values (%(business_date)s, %(version)s, %(recipient)s, %(message_id)s)
on conflict do nothing
