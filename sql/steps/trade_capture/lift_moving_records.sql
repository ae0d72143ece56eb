-- purpose: take moving records from where they stand, and with them the conflicts that their
--          places refused, ready to be promoted anew.
-- reads: moving_records (temporary), trade.confirmations, trade.pnl_snapshots, trade.conflicts
-- writes: trade.confirmations, trade.pnl_snapshots, trade.conflicts (rows removed),
--         moved_confirmations, moved_pnl_snapshots (temporary)
-- rerun: nothing is left to take
-- parameters: business_dates (every date that records move from)

with lifted as (
    delete from trade.confirmations as c
    using moving_records as m
    where c.business_date = any(%(business_dates)s::date[])
      and c.business_date = m.from_date
      and c.trade_id = m.trade_id
      and (c.topic, c.partition, c.message_offset) = (m.topic, m.partition, m.message_offset)
    returning c.*, m.to_date
)
insert into moved_confirmations (
    batch_id, feed, topic, partition, message_offset, message_at, business_date, is_date_stated,
    trade_id, version, symbol, side, quantity, price, currency, counterparty_id, account,
    confirmed_at, settlement_date, status, flags
)
select
    batch_id, topic, topic, partition, message_offset, recorded_at, to_date, false,
    trade_id, version, symbol, side, quantity, price, currency, counterparty_id, account,
    confirmed_at, settlement_date, status, flags
from lifted;

with lifted as (
    delete from trade.pnl_snapshots as p
    using moving_records as m
    where p.business_date = any(%(business_dates)s::date[])
      and p.business_date = m.from_date
      and p.trade_id = m.trade_id
      and (p.topic, p.partition, p.message_offset) = (m.topic, m.partition, m.message_offset)
    returning p.*, m.to_date
)
insert into moved_pnl_snapshots (
    batch_id, feed, topic, partition, message_offset, message_at, business_date, is_date_stated,
    trade_id, version, pnl_impact, commission, currency, status, flags
)
select
    batch_id, topic, topic, partition, message_offset, recorded_at, to_date, false,
    trade_id, version, pnl_impact, commission, currency, status, flags
from lifted;

with lifted as (
    delete from trade.conflicts as f
    using (select distinct record_type, trade_id, from_date from moving_records) as m
    where f.business_date = m.from_date
      and f.trade_id = m.trade_id
      and f.record_type = m.record_type
      and f.record_type in ('confirmation', 'pnl_snapshot')
    returning f.*
),
placed as (
    select
        l.record_type,
        l.content || jsonb_build_object('business_date', coalesce(m.to_date, l.business_date))
            as content
    from lifted as l
    left join moving_records as m using (topic, partition, message_offset)
),
confirmations as (
    insert into moved_confirmations
    select r.*
    from placed
    cross join lateral jsonb_populate_record(null::staging.confirmations, placed.content) as r
    where placed.record_type = 'confirmation'
)
insert into moved_pnl_snapshots
select r.*
from placed
cross join lateral jsonb_populate_record(null::staging.pnl_snapshots, placed.content) as r
where placed.record_type = 'pnl_snapshot';

select
    (select count(*) from moving_records) as rows_in,
    (select count(*) from moved_confirmations) + (select count(*) from moved_pnl_snapshots)
        as rows_out;
