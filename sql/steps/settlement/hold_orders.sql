-- purpose: hold back the orders that were just confirmed on terms that cannot settle, and find the
--          confirmed ones that settle now: those held before whose terms are mended among them.
--          An order settles on the day on which all is there, on an open day of its market.
-- reads: paired_orders (temporary), trade.order_responses, settlement.wrong_order_terms,
--        settlement.order_terms, reference.calendar_days
-- writes: trade.held_orders, settling_orders (temporary), settlement.breaks (ends those that are
--         mended)
-- rerun: append once; replaces the temporary table
-- parameters: run_id, as_of

insert into trade.held_orders (order_key, business_date, held_since)
select distinct p.order_key, p.business_date, %(as_of)s::timestamptz
from paired_orders as p
join trade.order_responses as r using (topic, partition, message_offset)
join settlement.wrong_order_terms as w
    on (w.order_key, w.business_date) = (p.order_key, p.business_date)
where r.response = 'CONFIRM'
on conflict do nothing;

drop table if exists pg_temp.settling_orders;

create temporary table settling_orders on commit drop as
with confirmed as (
    select p.order_key, p.business_date, r.business_date as ready_on
    from paired_orders as p
    join trade.order_responses as r using (topic, partition, message_offset)
    where r.response = 'CONFIRM'
    union all
    select order_key, business_date, (%(as_of)s::timestamptz at time zone 'UTC')::date
    from trade.held_orders
),
ready as (
    select
        order_key,
        business_date,
        greatest(business_date, max(ready_on)) as ready_on
    from confirmed as c
    where not exists (
        select
        from settlement.wrong_order_terms as w
        where (w.order_key, w.business_date) = (c.order_key, c.business_date)
    )
    group by order_key, business_date
)
select
    r.order_key,
    r.business_date,
    t.currency,
    t.amount,
    coalesce(open_day.calendar_date, r.ready_on) as settlement_date
from ready as r
join settlement.order_terms as t
    on (t.order_key, t.business_date) = (r.order_key, r.business_date)
left join reference.calendar_days as day
    on (day.calendar_id, day.calendar_date) = (t.settlement_calendar, r.ready_on)
left join reference.calendar_days as open_day
    on open_day.calendar_id = day.calendar_id
    and open_day.is_business_day
    and open_day.business_day_ordinal
        = day.business_day_ordinal + (not day.is_business_day)::integer;

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = 'terms_mended'
where b.subject_kind = 'ORDER'
  and b.status = 'OPEN'
  and b.break_type like 'order\_terms\_%%'
  and not exists (
      select
      from settlement.wrong_order_terms as w
      where (w.order_key, w.business_date, w.break_type)
          = (b.subject_id, b.business_date, b.break_type)
  );

select (select count(*) from trade.held_orders) as rows_in, count(*) as rows_out
from settling_orders;
