-- What the rendering saw of the books of earlier dates.
update control.closes
set earlier_change_count = %(earlier_change_count)s
where business_date = %(business_date)s
