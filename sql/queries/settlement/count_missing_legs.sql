-- How many legs are to be instructed.
select count(*) from missing_legs
