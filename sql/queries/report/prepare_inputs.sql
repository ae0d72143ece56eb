-- Records of the date by feed, and when the newest of them became known.
create temporary table pack_inputs on commit drop as
select feed, record_count, known_at
from report.recorded_inputs
where business_date = %(business_date)s
