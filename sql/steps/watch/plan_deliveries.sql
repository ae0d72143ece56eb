-- purpose: plan the delivery of each new alert to the channels of its kind; that something is over
--          hears who heard of it.
-- reads: control.alerts, reference.alert_policies, control.alert_deliveries
-- writes: control.alert_deliveries
-- rerun: append once, by alert and channel
-- parameters: as_of

insert into control.alert_deliveries (alert_id, channel, next_attempt_at)
select
    a.alert_id,
    channels.channel,
    a.raised_at
from control.alerts as a
join reference.alert_policies as p on p.kind = a.kind
cross join unnest(p.channels) as channels (channel)
where a.raised_at = %(as_of)s
  and (
      a.resolves_alert_id is null
      or exists (
          select
          from control.alert_deliveries as d
          where d.alert_id = a.resolves_alert_id
            and d.channel = channels.channel
            and d.delivered_at is not null
      )
  )
on conflict (alert_id, channel) do nothing;

select
    (select count(*) from control.alerts where raised_at = %(as_of)s) as rows_in,
    (
        select count(*)
        from control.alert_deliveries as d
        join control.alerts as a on a.alert_id = d.alert_id
        where a.raised_at = %(as_of)s
    ) as rows_out;
