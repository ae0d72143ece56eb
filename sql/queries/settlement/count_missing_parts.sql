-- How many parts are to be instructed.
select count(*) from missing_parts
