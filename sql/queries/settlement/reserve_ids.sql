-- The first id of a block.
select settlement.reserve_instruction_ids(%(count)s)
