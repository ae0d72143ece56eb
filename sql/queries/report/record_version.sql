-- A new version of a date's pack.
insert into report.versions (
    business_date, version, content_hash, previous_hash, manifest, changes, run_id
)
values (
    %(business_date)s,
    %(version)s,
    %(content_hash)s,
    %(previous_hash)s,
    %(manifest)s,
    %(changes)s,
    %(run_id)s
)
