-- Of what the fees of a date are about to be made; asked before they are, so that what comes meanwhile
-- shows.
select
    (
        select count(*)
        from control.received_counts
        where business_date = %(business_date)s
    ) as input_count,
    settlement.count_fee_rates(%(business_date)s) as rate_count
