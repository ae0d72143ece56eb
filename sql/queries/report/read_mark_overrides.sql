-- Overrides of marks: those that wait first, then by what they move.
select
    override_id,
    state,
    mark_kind,
    symbol,
    tenor_days,
    mark_date,
    currency,
    old_price,
    old_source,
    override_price,
    new_price,
    close_price,
    reason,
    made_by,
    made_at,
    decided_by,
    decided_at,
    decision_comment,
    position_quantity,
    moved_amount,
    base_currency,
    moved_base_amount,
    count(*) over () as override_count,
    count(*) filter (where state = 'PENDING') over () as pending_count
from pack_overrides
order by state <> 'PENDING', abs(moved_base_amount) desc nulls first, symbol collate "C", override_id
limit %(rows_max)s
