-- purpose: add up the signed lines of the ledger, per instrument and currency, as an auditor would:
--          not by the rows that hold both sides, which cannot but agree.
-- reads: settlement.ledger_entries
-- writes: nothing
-- rerun: checks again
-- parameters: settlement_dates

with sums as (
    select
        asset_kind,
        asset,
        sum(amount) as total
    from settlement.ledger_entries
    where settlement_date = any(%(settlement_dates)s::date[])
    group by asset_kind, asset
)
select
    count(*) as rows_in,
    count(*) filter (where total <> 0) as rows_out
from sums;
