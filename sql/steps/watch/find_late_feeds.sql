-- purpose: find feeds, and single sources of them, of which nothing was accepted for a business day
--          although it was due within the last day.
-- reads: reference.deadlines, reference.calendar_days, control.received_counts, trade.executions,
--        landing.batches, control.alert_findings
-- writes: control.alert_findings
-- rerun: append once, by deadline and date
-- parameters: as_of

insert into control.alert_findings (
    kind, finding_key, business_date, summary, next_step, found_at
)
select
    'feed_late',
    concat_ws('/', due.deadline_id, due.business_date),
    due.business_date,
    format(
        'nothing of feed %%s%%s for %%s, due at %%s %%s',
        due.feed,
        coalesce(' from source ' || due.source_id, ''),
        due.business_date,
        to_char(due.due_time, 'HH24:MI'),
        due.timezone
    ),
    'ask the sender; if its messages are in Kafka, look at trade_capture',
    %(as_of)s
from (
    select
        d.*,
        c.calendar_date as business_date,
        (c.calendar_date + d.due_time) at time zone d.timezone as due_at
    from reference.deadlines as d
    join reference.calendar_days as c on c.calendar_id = d.calendar_id
    where d.subject = 'feed'
      and c.is_business_day
      and c.calendar_date between (%(as_of)s::timestamptz at time zone d.timezone)::date - 1
          and (%(as_of)s::timestamptz at time zone d.timezone)::date
) as due
where due.due_at between %(as_of)s::timestamptz - interval '1 day' and %(as_of)s
  -- a feed is not missed before this instance has had it once, unless the deadline says from when
  and case
      when due.effective_from is not null then due.business_date >= due.effective_from
      else due.due_at > (
          select b.drained_at
          from landing.batches as b
          where b.feed = due.feed
          order by b.batch_id
          limit 1
      )
  end
  and not exists (
      select
      from control.received_counts as r
      where r.business_date = due.business_date
        and r.feed = due.feed
        and r.received_count > 0
        and due.source_id is null
  )
  and not exists (
      select
      from trade.executions as e
      where e.business_date = due.business_date
        and e.source_id = due.source_id
  )
on conflict (kind, finding_key) do nothing;

select
    (select count(*) from reference.deadlines where subject = 'feed') as rows_in,
    (
        select count(*)
        from control.alert_findings
        where kind = 'feed_late'
          and found_at = %(as_of)s
    ) as rows_out;
