-- What trades were charged, line by line and summed, and where a booked fee differs.

create or replace view settlement.fees as
select
    f.business_date,
    f.trade_id,
    f.version,
    f.sequence,
    f.reverses_sequence,
    r.fee_type,
    r.authority,
    r.booked_in,
    line.amount,
    f.currency,
    line.fee_rate_id,
    f.act_id
from settlement.trade_fees as f
cross join lateral unnest(f.fee_rate_ids, f.amounts) as line (fee_rate_id, amount)
join reference.fee_rates as r using (fee_rate_id);
comment on view settlement.fees is
    'Every fee of every charge and, negative, of every reversal, with the rate that it follows from. '
    'The sum over a trade is what it costs now. Ask by business_date.';

create or replace view report.fee_summary as
select
    business_date,
    fee_type,
    coalesce(authority, 'BROKER') as payee,
    currency,
    count(*) filter (where reverses_sequence is null) as charge_count,
    count(*) filter (where reverses_sequence is not null) as reversal_count,
    sum(amount) as amount
from settlement.fees
group by business_date, fee_type, authority, currency;
comment on view report.fee_summary is
    'What the trades of a date cost by type of fee: charges, reversals and their sum. BROKER: booked '
    'on the execution; else the authority to which it is owed.';

create or replace view report.fee_coverage as
select
    c.business_date,
    c.trade_count,
    c.charged_count,
    c.trade_count - c.charged_count as not_computed_count
from settlement.charged_dates as c;
comment on view report.fee_coverage is
    'Live trades of a charged date, and how many of them any rate applies to. What lacks by market, '
    'asset class and type of fee: settlement.fees_not_computed.';

create or replace view report.fee_breaks as
select
    b.business_date,
    b.subject_id as trade_id,
    b.break_type,
    b.status,
    b.expected_value::numeric as computed_amount,
    b.actual_value::numeric as booked_amount,
    b.delta,
    b.exposure_amount,
    b.currency,
    b.counterparty_id,
    b.symbol,
    b.opened_at,
    b.resolved_at
from settlement.breaks as b
where b.subject_kind = 'FEE';
comment on view report.fee_breaks is
    'Booked fees that differ from the computed ones: delta = booked - computed.';
