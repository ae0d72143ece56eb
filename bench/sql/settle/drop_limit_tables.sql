drop table limit_instructions, limit_movements
