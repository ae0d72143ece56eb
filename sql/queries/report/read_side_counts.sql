-- Records that are evidence of something unusual: conflicting, or without a known trade date.
select 'conflict' as kind, record_type, record_count
from report.conflict_counts
where business_date = %(business_date)s
union all
select 'unplaced', record_type, record_count
from report.unplaced_counts
where business_date = %(business_date)s
order by kind desc, record_type
