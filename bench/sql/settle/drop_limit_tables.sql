drop table if exists limit_instructions, limit_movements, limit_nets
