-- Pairs of loaded rates of one fee type and scope that a trade could find in force both: which of them
-- counts, nobody could say.
select
    a.fee_type,
    concat_ws('/', a.market_id, a.asset_class, a.counterparty_id, a.account, a.currency) as scope,
    a.effective_from,
    b.effective_from
from loaded_fee_rates as a
join loaded_fee_rates as b
    on a.ctid < b.ctid
    and a.fee_type = b.fee_type
    and (a.market_id, a.asset_class, a.counterparty_id, a.account, a.currency)
    is not distinct from (b.market_id, b.asset_class, b.counterparty_id, b.account, b.currency)
    and coalesce(a.side = b.side, true)
    and (
        daterange(a.effective_from, a.effective_until)
        && daterange(b.effective_from, b.effective_until)
        -- two rules of date make two periods meet
        or a.date_rule <> b.date_rule
    )
order by 1, 2, 3, 4
limit 5
