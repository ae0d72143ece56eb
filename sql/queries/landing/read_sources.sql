-- Every source with its zone and what stands in for it.
select
    source_id,
    timezone,
    currency,
    counterparty_id
from reference.sources
