-- purpose: judge the staged marks: what a source states anew is a version; what says again what
--          stands is a duplicate; another price of the same instant is a conflict: the first stays.
-- reads: staging.marks, market.marks
-- writes: judged_marks (temporary)
-- rerun: replaces the temporary table; what was accepted is not judged again
-- parameters: batch_ids

drop table if exists pg_temp.judged_marks;

create temporary table judged_marks on commit drop as
with incoming as (
    select s.*
    from staging.marks as s
    where s.batch_id = any(%(batch_ids)s::bigint[])
      and not exists (
          select
          from market.marks as m
          where m.symbol = s.symbol
            and m.mark_date = s.business_date
            and (m.topic, m.partition, m.message_offset)
            = (s.topic, s.partition, s.message_offset)
      )
),
stated as (
    select
        symbol, mark_kind, tenor_days, currency, source_id, business_date as mark_date, observed_at,
        price, flags, batch_id, topic, partition, message_offset, false as is_kept
    from incoming
    union all
    select
        m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id, m.mark_date, m.observed_at,
        m.price, m.flags, m.batch_id, m.topic, m.partition, m.message_offset, true
    from market.marks as m
    where (m.symbol, m.mark_date) in (select symbol, business_date from incoming)
),
-- of one instant the first to arrive
arrived as (
    select
        *,
        row_number() over instant as arrival,
        first_value(price) over instant as kept_price
    from stated
    window instant as (
        partition by symbol, mark_kind, tenor_days, currency, source_id, mark_date, observed_at
        order by is_kept desc, batch_id, topic, partition, message_offset
    )
)
select
    *,
    case
        when arrival > 1 and price <> kept_price then 'conflict'
        when arrival > 1 or price is not distinct from lag(price) over (
            partition by
                symbol, mark_kind, tenor_days, currency, source_id, mark_date, arrival = 1
            order by observed_at
        ) then 'duplicate'
        else 'mark'
    end as verdict
from arrived;

delete from judged_marks where is_kept;

select
    (
        select count(*)
        from staging.marks
        where batch_id = any(%(batch_ids)s::bigint[])
    ) as rows_in,
    (select count(*) from judged_marks) as rows_out;
