-- Breaks of a business date.

create or replace view report.breaks as
select
    b.business_date,
    b.break_type,
    b.subject_kind,
    b.trade_id,
    b.status,
    b.expected_value,
    b.actual_value,
    b.delta,
    case
        when b.break_type = 'timestamp_mismatch' then 'ms'
        when b.break_type in ('quantity_mismatch', 'position_break', 'settled_quantity_differs')
            then 'units'
        when b.break_type = 'price_mismatch' then coalesce(b.currency || ' per unit', 'per unit')
        when b.subject_kind = 'FEE'
            or b.break_type in (
                'pnl_mismatch', 'cash_break', 'settled_amount_differs', 'statement_not_balanced',
                'statement_does_not_continue'
            )
            then b.currency
    end as delta_unit,
    b.exposure_amount,
    b.currency,
    b.counterparty_id,
    c.counterparty_name,
    b.symbol,
    i.asset_class,
    b.opened_at,
    b.resolved_at,
    b.resolved_reason
from recon.all_breaks b
left join reference.counterparties c on c.counterparty_id = b.counterparty_id
left join reference.instruments i on i.symbol = b.symbol;
comment on view report.breaks is 'Breaks of the reconciliation and of settlement, with the unit of their delta and names from '
    'reference data; trade_id names the subject, whatever its kind.';

create or replace view report.break_summary as
select
    business_date,
    break_type,
    subject_kind,
    currency,
    count(*) filter (where status = 'OPEN') as open_count,
    count(*) filter (where status <> 'OPEN') as resolved_count,
    count(*) as total_count,
    sum(exposure_amount) filter (where status = 'OPEN') as open_exposure_amount
from recon.all_breaks
group by business_date, break_type, subject_kind, currency;
comment on view report.break_summary is
    'Breaks by type and currency: exposures of different currencies are never added.';

create or replace view report.break_counterparties as
select
    b.business_date,
    b.counterparty_id,
    c.counterparty_name,
    b.break_type,
    count(*) as open_count
from recon.all_breaks b
left join reference.counterparties c on c.counterparty_id = b.counterparty_id
where b.status = 'OPEN'
group by b.business_date, b.counterparty_id, c.counterparty_name, b.break_type;

create or replace view report.listed_breaks as
select
    b.*,
    row_number() over (
        partition by b.business_date, b.break_type
        order by abs(b.exposure_amount) desc nulls last, b.trade_id collate "C"
    ) as exposure_rank
from report.breaks b
where b.status = 'OPEN';
comment on view report.listed_breaks is 'Open breaks, ranked within their type by exposure.';

create or replace view report.carried_breaks as
select
    c.business_date as closed_date,
    b.business_date,
    c.business_date - b.business_date as days_old,
    b.break_type,
    b.subject_kind,
    b.trade_id,
    b.exposure_amount,
    b.currency,
    b.counterparty_id,
    b.symbol,
    b.opened_at
from control.closes as c
join recon.all_breaks as b
    on b.business_date < c.business_date
    and b.opened_at <= c.first_closed_at
    and (b.resolved_at is null or b.resolved_at > c.first_closed_at);
comment on view report.carried_breaks is
    'Breaks of earlier dates that were open when a date was first closed: what is mended later does not '
    'change what the pack told. days_old: calendar days. Ask by closed_date.';
