-- purpose: tell refused confirmations apart: the same content again is a duplicate, other content a
--          conflict.
-- reads: refused_confirmations (temporary), trade.confirmations
-- writes: landing.duplicates, trade.conflicts
-- rerun: append once, by message
-- parameters: business_dates

drop table if exists pg_temp.judged_confirmations;

create temporary table judged_confirmations on commit drop as
select
    r.*,
    to_jsonb(r) as content,
    terms.kept_terms,
    terms.refused_terms
from refused_confirmations as r
cross join lateral (
    select e.*
    from trade.confirmations as e
    where e.business_date = any(%(business_dates)s::date[])
      and e.business_date = r.business_date
      and e.trade_id = r.trade_id
      and e.version = r.version
    limit 1
) as kept
cross join lateral trade.differing_terms(to_jsonb(kept), to_jsonb(r)) as terms
-- a row that is refused because it is there already
where (kept.topic, kept.partition, kept.message_offset)
    <> (r.topic, r.partition, r.message_offset);

insert into landing.duplicates (
    topic, partition, message_offset, feed, batch_id, business_date, trade_id, version
)
select topic, partition, message_offset, feed, batch_id, business_date, trade_id, version
from judged_confirmations
where refused_terms is null
on conflict do nothing;

insert into trade.conflicts (
    topic, partition, message_offset, feed, record_type, batch_id, business_date, trade_id, version,
    quantity, price, occurred_at, recorded_at, content, kept_terms, refused_terms
)
select
    topic,
    partition,
    message_offset,
    feed,
    'confirmation',
    batch_id,
    business_date,
    trade_id,
    version,
    quantity,
    price,
    confirmed_at,
    now(),
    content,
    kept_terms,
    refused_terms
from judged_confirmations
where refused_terms is not null
on conflict do nothing;

select
    (select count(*) from refused_confirmations) as rows_in,
    count(*) as rows_out
from judged_confirmations;
