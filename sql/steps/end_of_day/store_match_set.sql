-- purpose: store the plain trades of a date that has no match yet as one set, and the listed trades
--          that are not plain as its exceptions; these are compared.
-- reads: touched_trades (temporary), trade.confirmations
-- writes: recon.match_sets, recon.match_set_exceptions
-- rerun: a set that stands stays as it is
-- parameters: business_date, run_id, as_of, first_batch_id, last_batch_id, excluded_batch_ids (what
--             the set covers), silent_source_ids (expect no other side)

insert into recon.match_sets (
    business_date, first_batch_id, last_batch_id, excluded_batch_ids, excluded_source_ids, run_id,
    matched_at
)
select
    %(business_date)s,
    %(first_batch_id)s,
    %(last_batch_id)s,
    %(excluded_batch_ids)s::bigint[],
    %(silent_source_ids)s::text[],
    %(run_id)s,
    %(as_of)s
-- no set of nothing: every plain trade has a confirmation
where exists (
    select
    from trade.confirmations as c
    where c.business_date = %(business_date)s
      and not exists (
          select from touched_trades as t where t.trade_id = c.trade_id and not t.is_plain
      )
)
on conflict (business_date) do nothing;

insert into recon.match_set_exceptions (business_date, trade_id)
select
    business_date,
    trade_id
from touched_trades
where not is_plain
  and exists (
      select
      from recon.match_sets
      where business_date = %(business_date)s
        and (run_id, matched_at) = (%(run_id)s, %(as_of)s)
  )
  -- cheaper than "on conflict": the reconciliation's lock keeps other writers away
  and trade_id not in (
      select trade_id
      from recon.match_set_exceptions
      where business_date = %(business_date)s
  )
order by trade_id collate "C";

select count(*) as rows_in, count(*) as rows_out
from recon.match_set_exceptions
where business_date = %(business_date)s;
