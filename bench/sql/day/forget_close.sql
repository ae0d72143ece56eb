-- a version can never be deleted in the product: only here, so that each repetition is a first close
alter table report.versions disable trigger versions_append_only;
delete from report.mails where business_date = %(business_date)s;
delete from report.versions where business_date = %(business_date)s;
alter table report.versions enable trigger versions_append_only;
delete from control.closes where business_date = %(business_date)s;
delete from control.date_totals where business_date = %(business_date)s;
delete from control.date_offsets where business_date = %(business_date)s;
delete from books.daily_flows where business_date = %(business_date)s;
delete from books.marks where business_date = %(business_date)s;
delete from quality.results where business_date = %(business_date)s;
