-- What the suites of statuses and statements look at: one batch's staged rows (gx.batch_id).

create or replace view quality.batch_settlement_statuses as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.instruction_reference,
    staged.status,
    staged.reason_code,
    staged.depository_id,
    staged.currency,
    codes.code is not null as is_status_known,
    case
        when codes.state in ('SETTLED', 'PARTIALLY_SETTLED') then true
        else num_nonnulls(staged.settled_quantity, staged.settled_amount, staged.settled_on) = 0
    end as is_settled_if_it_says_so,
    codes.state is distinct from 'PARTIALLY_SETTLED'
    or coalesce(greatest(staged.settled_quantity, staged.settled_amount), 0) > 0 as is_part_stated,
    greatest(
        length(staged.instruction_reference),
        length(staged.status),
        length(staged.reason_code),
        length(staged.depository_id)
    ) as longest_text,
    (staged.status_at at time zone 'UTC')::date - current_date as status_lead_days,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days
from staging.settlement_statuses as staged
left join reference.status_codes as codes on staged.status = codes.code
where staged.batch_id = current_setting('gx.batch_id')::bigint;

create or replace view quality.batch_statement_lines as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.statement_id,
    staged.custodian_id,
    staged.account,
    staged.asset,
    staged.entry_type,
    staged.entry_reference,
    staged.line_count,
    staged.line_count - staged.line_number as lines_behind,
    abs(staged.amount) as amount_size,
    (staged.asset is null) = (staged.amount is null)
    and (staged.asset is not null or staged.line_count = 1) as is_line_whole,
    staged.asset is null or instruments.symbol is not null as is_symbol_known,
    greatest(
        length(staged.statement_id),
        length(staged.custodian_id),
        length(staged.account),
        length(staged.asset),
        length(staged.entry_reference)
    ) as longest_text,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    (staged.message_at at time zone 'UTC')::date - staged.business_date as message_lag_days
from staging.statement_lines as staged
left join reference.instruments as instruments on staged.asset = instruments.symbol
where staged.batch_id = current_setting('gx.batch_id')::bigint;
