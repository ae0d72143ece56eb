-- purpose: hold the nets of a date against the gross behind them, account by account: nobody gets
--          more or less by netting.
-- reads: settlement.net_instructions, settlement.unequal_nets, settlement.touched_nets
-- writes: nothing
-- rerun: checks again
-- parameters: settlement_dates

select
    (
        select count(*)
        from settlement.net_instructions
        where settlement_date = any(%(settlement_dates)s::date[])
    ) as rows_in,
    (
        select count(*)
        from settlement.unequal_nets
        where netted_on = any(%(settlement_dates)s::date[])
          and net_instruction_id not in (select net_instruction_id from settlement.touched_nets)
    ) as rows_out;
