-- Parts of trades that more than one live instruction would settle.
select count(*) as doubled_count
from (
    select
        business_date,
        subject_id,
        part_number
    from settlement.instruction_states
    where purpose in ('TRADE', 'ALLOCATION')
        and state <> 'CANCELLED'
    group by business_date, subject_id, part_number
    having count(*) > 1
) as doubled
