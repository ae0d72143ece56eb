-- purpose: let what is withheld for a shortage into the queue again, because what others would have
--          drawn or brought in does not move; but not the legs whose net is withheld with them.
-- reads: due_movements, linked_movements (temporary)
-- writes: withheld_instructions (temporary)
-- rerun: what is free is not freed again
-- parameters: none

with freed as (
    delete from withheld_instructions
    where instruction_id in (select instruction_id from due_movements)
      and instruction_id not in (select instruction_id from linked_movements)
      and cause in ('lack_of_securities', 'lack_of_cash', 'queue_not_worked_off')
    returning 1
)
select
    (select count(*) from due_movements) as rows_in,
    (select count(*) from freed) as rows_out;
