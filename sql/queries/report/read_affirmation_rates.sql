-- Share of trades affirmed by the cutoff, each market in all and by counterparty.
select
    market_id,
    counterparty_id,
    trade_count,
    affirmed_count,
    in_time_count,
    affirmation_rate,
    rate_target,
    is_target_met
from pack_affirmation
order by market_id collate "C", counterparty_id collate "C" nulls first
