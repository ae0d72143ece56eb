-- How much must not settle.
select count(*) from withheld_instructions
