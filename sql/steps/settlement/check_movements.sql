-- purpose: hold the settlements of a date against its instructions, in other words than those by
--          which they were made.
-- reads: settlement.events, settlement.unlike_first_events
-- writes: nothing
-- rerun: checks again
-- parameters: settlement_dates

select
    (
        select count(*)
        from settlement.events
        where settlement_date = any(%(settlement_dates)s::date[])
    ) as rows_in,
    (
        select count(*)
        from settlement.unlike_first_events
        where settlement_date = any(%(settlement_dates)s::date[])
    ) as rows_out;
