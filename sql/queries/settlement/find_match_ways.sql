-- In which ways matches of a date are stored.
select
    exists (select from recon.single_matches where business_date = %(business_date)s),
    exists (select from recon.match_sets where business_date = %(business_date)s)
