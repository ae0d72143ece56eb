-- Share of trades affirmed by the cutoff, worked out once for everything the pack says of it.
create temporary table pack_affirmation on commit drop as
select
    business_date,
    market_id,
    counterparty_id,
    trade_count,
    affirmed_count,
    in_time_count,
    affirmation_rate,
    rate_target,
    is_target_met
from report.affirmation_rates(%(business_date)s)
