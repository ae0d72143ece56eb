-- Initial margin by the standard schedule of BCBS-IOSCO (BCBS 261, appendix A).

create or replace function risk.net_to_gross(p_net_cost numeric, p_gross_cost numeric)
returns numeric
language sql immutable parallel safe as $$
    select case when p_gross_cost = 0 then 1 else greatest(p_net_cost, 0) / p_gross_cost end
$$;
comment on function risk.net_to_gross(numeric, numeric) is
    'Net replacement cost (not below nought) over gross; 1 where the gross one is nought.';

create or replace function risk.standard_margin(
    p_gross_margin numeric, p_net_cost numeric, p_gross_cost numeric
) returns numeric
language sql immutable parallel safe as $$
    select case
        when p_gross_cost = 0 then p_gross_margin
        -- one division, at the end
        else p_gross_margin * (0.4 * p_gross_cost + 0.6 * greatest(p_net_cost, 0)) / p_gross_cost
    end
$$;
comment on function risk.standard_margin(numeric, numeric, numeric) is
    'Net margin = 0.4 x gross + 0.6 x net-to-gross ratio x gross.';
