-- Alerts by kind, and their deliveries by channel and state.
select
    'alerts' as what,
    kind as name,
    'raised' as state,
    count(*) as n
from control.alerts
group by kind
union all
select
    'deliveries',
    channel,
    case
        when delivered_at is not null then 'delivered'
        when last_error = 'not set up' then 'off'
        when given_up_at is not null then 'given_up'
        else 'waiting'
    end as state,
    count(*)
from control.alert_deliveries
group by channel, state
