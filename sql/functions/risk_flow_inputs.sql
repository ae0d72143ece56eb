-- Of what the flows of a date are made.

create or replace function risk.count_flow_inputs(p_business_date date) returns bigint
language sql stable as $$
    select
        (
            select count(*)
            from control.received_counts
            where business_date = p_business_date
              and feed in ('executions', 'trades')
        )
        + (
            select count(distinct (trade_id, allocation_version))
            from trade.allocations
            where business_date = p_business_date
        )
$$;
comment on function risk.count_flow_inputs(date) is
    'Counts of received executions, and allocations of blocks, of a date: only grows, so that a date '
    'whose flows were built of fewer is behind.';
