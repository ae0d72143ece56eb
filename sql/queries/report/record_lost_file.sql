-- A file of a published version is gone, and the close goes on without it.
insert into report.lost_files (business_date, version, file_name, content_hash, run_id)
values (%(business_date)s, %(version)s, %(file_name)s, %(content_hash)s, %(run_id)s)
on conflict do nothing
