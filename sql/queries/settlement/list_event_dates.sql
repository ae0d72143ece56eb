-- Settlement dates of instructions that get an event.
select distinct settlement_date
from judged_instructions
where cancel_cause is not null or is_to_hold or is_to_release
