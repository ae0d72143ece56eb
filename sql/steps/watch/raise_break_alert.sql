-- purpose: make one alert of all breaks that opened since the last one and are still open; breaks
--          that were resolved meanwhile are only counted, and alone are no alert.
-- reads: new_breaks, break_counts (temporary), recon.break_events, control.positions,
--        reference.alert_policies, control.alerts
-- writes: control.alerts, control.positions
-- rerun: append once; the position moves in the same transaction, and a second call finds nothing
-- parameters: as_of, longest_window_s (seconds that a pause has at most)

insert into control.alerts (
    kind, item_count, first_event_id, last_event_id, facts, raised_at, repeat_number
)
select
    'break_opened',
    c.open_count,
    c.first_event_id,
    c.last_event_id,
    jsonb_build_object(
        'open_count', c.open_count,
        'resolved_count', c.resolved_count,
        'dates', c.dates,
        'by_type', c.by_type,
        'by_counterparty', c.by_counterparty,
        'by_currency', c.by_currency,
        'largest', c.largest
    ),
    %(as_of)s,
    control.next_repeat('break_opened', %(as_of)s, %(longest_window_s)s)
from break_counts as c
where c.open_count > 0
  and control.next_repeat('break_opened', %(as_of)s, %(longest_window_s)s) is not null;

update control.positions as p
set last_event_id = c.last_event_id,
    moved_at = now()
from break_counts as c
where p.reader = 'break_alerts'
  and c.last_event_id > p.last_event_id
  and (
      c.open_count = 0
      or exists (
          select
          from control.alerts as a
          where a.kind = 'break_opened'
            and a.last_event_id = c.last_event_id
      )
  );

select
    (select count(*) from new_breaks) as rows_in,
    (
        select count(*)
        from control.alerts as a
        join break_counts as c on c.last_event_id = a.last_event_id
    ) as rows_out;
