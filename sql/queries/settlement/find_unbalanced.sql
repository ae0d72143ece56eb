-- Instruments and currencies whose lines do not add up to nothing.
select asset_kind, asset, sum(amount)
from settlement.ledger_entries
where settlement_date = any(%(settlement_dates)s::date[])
group by asset_kind, asset
having sum(amount) <> 0
order by asset_kind, asset
