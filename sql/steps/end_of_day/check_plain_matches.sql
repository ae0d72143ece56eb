-- purpose: see whether the stored matches beside the listed trades are just the plain trades of the
--          date: by their number and by the fingerprint of their ids, in one pass over each table.
--          rows_in: plain trades; rows_out: the same when the matches are right, else 0.
-- reads: touched_trades (temporary), trade.confirmations, recon.matches
-- writes: nothing
-- rerun: checks again
-- parameters: business_date

with listed as (
    select
        coalesce(sum(c.row_count), 0) as confirmation_count,
        coalesce(bit_xor(c.fingerprint), 0) as confirmation_fingerprint,
        coalesce(sum(m.row_count), 0) as match_count,
        coalesce(bit_xor(m.fingerprint), 0) as match_fingerprint
    from touched_trades as t
    cross join lateral (
        select
            count(*) as row_count,
            bit_xor(hashtextextended(trade_id, 0)) as fingerprint
        from trade.confirmations
        where business_date = %(business_date)s
          and trade_id = t.trade_id
    ) as c
    cross join lateral (
        select
            count(*) as row_count,
            bit_xor(hashtextextended(trade_id, 0)) as fingerprint
        from recon.matches
        where business_date = %(business_date)s
          and trade_id = t.trade_id
    ) as m
),
confirmed as (
    -- a plain trade has just one confirmation
    select
        count(*) as row_count,
        coalesce(bit_xor(hashtextextended(trade_id, 0)), 0) as fingerprint
    from trade.confirmations
    where business_date = %(business_date)s
),
matched as (
    select
        count(*) as row_count,
        coalesce(bit_xor(hashtextextended(trade_id, 0)), 0) as fingerprint
    from recon.matches
    where business_date = %(business_date)s
)
select
    c.row_count - l.confirmation_count as rows_in,
    case
        when (c.row_count - l.confirmation_count, c.fingerprint # l.confirmation_fingerprint)
            = (m.row_count - l.match_count, m.fingerprint # l.match_fingerprint)
            then c.row_count - l.confirmation_count
        else 0
    end as rows_out
from listed as l
cross join confirmed as c
cross join matched as m;
