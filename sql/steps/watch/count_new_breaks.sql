-- purpose: count the new breaks by type, counterparty and currency, and pick the largest.
-- reads: new_breaks (temporary), reference.alert_policies
-- writes: break_counts (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.break_counts;

create temporary table break_counts on commit drop as
with policy as (
    select coalesce(max(listed_max), 5) as listed_max
    from reference.alert_policies
    where kind = 'break_opened'
),
still_open as (
    select * from new_breaks where event <> 'RESOLVED'
),
types as (
    select break_type, currency, count(*) as n, sum(exposure_amount) as amount
    from still_open
    group by break_type, currency
),
parties as (
    select counterparty_name, currency, count(*) as n, sum(exposure_amount) as amount
    from still_open
    group by counterparty_name, currency
),
currencies as (
    select currency, count(*) as n, sum(exposure_amount) as amount
    from still_open
    group by currency
),
listed as (
    select *
    from still_open
    order by rank_in_currency, currency, business_date, trade_id, break_type
    limit (select listed_max from policy)
)
select
    (select count(*) from still_open)::integer as open_count,
    (select count(*) from new_breaks where event = 'RESOLVED')::integer as resolved_count,
    (select min(event_id) from new_breaks) as first_event_id,
    (select max(event_id) from new_breaks) as last_event_id,
    (select coalesce(jsonb_agg(distinct business_date), '[]') from still_open) as dates,
    (
        select coalesce(jsonb_agg(jsonb_build_object(
            'name', break_type, 'currency', currency, 'count', n, 'amount', amount::text
        ) order by n desc, break_type, currency), '[]')
        from types
    ) as by_type,
    (
        select coalesce(jsonb_agg(jsonb_build_object(
            'name', counterparty_name, 'currency', currency, 'count', n, 'amount', amount::text
        ) order by n desc, counterparty_name, currency), '[]')
        from parties
    ) as by_counterparty,
    (
        select coalesce(jsonb_agg(jsonb_build_object(
            'name', currency, 'currency', currency, 'count', n, 'amount', amount::text
        ) order by n desc, currency), '[]')
        from currencies
    ) as by_currency,
    (
        select coalesce(jsonb_agg(jsonb_build_object(
            'business_date', business_date, 'trade_id', trade_id, 'break_type', break_type,
            'counterparty', counterparty_name, 'symbol', symbol, 'expected', expected_value,
            'actual', actual_value, 'delta', delta::text, 'amount', exposure_amount::text,
            'currency', currency
        ) order by rank_in_currency, currency, exposure_amount desc), '[]')
        from listed
    ) as largest;

select open_count as rows_in, open_count + resolved_count as rows_out
from break_counts;
