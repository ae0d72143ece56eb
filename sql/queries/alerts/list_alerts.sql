-- The newest alerts, each with what became of it on every channel.
select
    a.alert_id,
    a.kind,
    a.item_count,
    a.raised_at,
    a.facts,
    coalesce(
        jsonb_object_agg(
            d.channel,
            case
                when d.delivered_at is not null then 'delivered'
                when d.last_error = 'not set up' then 'off'
                when d.given_up_at is not null then 'given up: ' || d.last_error
                when d.last_error is not null then 'tried again: ' || d.last_error
                else 'waiting'
            end
        ) filter (where d.channel is not null),
        '{}'
    ) as channels
from control.alerts as a
left join control.alert_deliveries as d on d.alert_id = a.alert_id
group by a.alert_id
order by a.alert_id desc
limit %(row_limit)s
