-- The nets to look at, and their days.
select net_instruction_id, settlement_date from changing_nets order by 1
