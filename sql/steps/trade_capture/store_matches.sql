-- purpose: store the trades that match, take away matches that no longer stand, and keep a list of
--          the trades that still wait for a side.
-- reads: judged_trades, touched_trades, found_breaks (temporary), recon.match_sets
-- writes: recon.single_matches, recon.match_set_exceptions, recon.pending
-- rerun: upsert changed
-- parameters: run_id, as_of, business_dates

with stale_matches as (
    select business_date, trade_id
    from judged_trades
    where has_match and (has_stale_match or is_matched is not true)
),
left_sets as (
    insert into recon.match_set_exceptions (business_date, trade_id)
    select business_date, trade_id
    from stale_matches
    where business_date in (select business_date from recon.match_sets)
    on conflict (business_date, trade_id) do nothing
)
delete from recon.single_matches as m
using stale_matches as s
where m.business_date = any(%(business_dates)s::date[])
  and (m.business_date, m.trade_id) = (s.business_date, s.trade_id);

insert into recon.single_matches (
    business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
    run_id, matched_at
)
select
    business_date,
    trade_id,
    execution_version,
    confirmation_version,
    pnl_snapshot_version,
    %(run_id)s,
    %(as_of)s
from judged_trades
where is_matched
  and (not has_match or has_stale_match)
order by trade_id collate "C"
on conflict (trade_id, business_date) do nothing;

delete from recon.pending as p
using touched_trades as t
where (p.business_date, p.trade_id) = (t.business_date, t.trade_id)
  and not exists (
      select
      from judged_trades as j
      where (j.business_date, j.trade_id) = (t.business_date, t.trade_id)
        and (j.lacks_confirmation or j.lacks_pnl_snapshot or j.lacks_execution)
        and not j.is_grace_over
  );

insert into recon.pending (business_date, trade_id, due_at)
select
    j.business_date,
    j.trade_id,
    %(as_of)s::timestamptz + j.grace_seconds * interval '1 second'
from judged_trades as j
cross join lateral (
    values
    ('missing_confirmation', j.lacks_confirmation),
    ('missing_pnl_snapshot', j.lacks_pnl_snapshot),
    ('missing_execution', j.lacks_execution)
) as side (break_type, is_missing)
where side.is_missing
  and not j.is_grace_over
  and not exists (
      select
      from found_breaks as f
      where f.business_date = j.business_date
        and f.trade_id = j.trade_id
        and f.break_type = side.break_type
  )
group by j.business_date, j.trade_id, j.grace_seconds
on conflict (trade_id, business_date) do update set due_at = excluded.due_at
where recon.pending.due_at = 'epoch';

select count(*) as rows_in, count(*) filter (where is_matched) as rows_out
from judged_trades;
