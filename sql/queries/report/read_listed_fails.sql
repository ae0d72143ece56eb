-- The largest fails of the date, each currency by itself.
with ranked as (
    select
        f.*,
        row_number() over (
            partition by f.currency
            order by f.open_amount desc nulls last, f.instruction_id
        ) as amount_rank,
        count(*) over (partition by f.currency) as fail_count
    from settlement.fails as f
    where f.as_of_date = %(business_date)s
)
select
    instruction_id,
    settlement_date,
    purpose,
    subject_id,
    counterparty_id,
    symbol,
    direction,
    open_quantity,
    open_amount,
    currency,
    reason,
    age_business_days,
    fail_count
from ranked
where amount_rank <= %(rows_max)s
order by currency collate "C", amount_rank
