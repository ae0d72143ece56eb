-- Where each trade stands in its life, and in the five words that users see.

create or replace view settlement.trade_states as
with instructed as (
    select
        s.business_date,
        s.subject_id as trade_id,
        s.subject_version as version,
        -- parts of one trade: the least advanced decides
        (array_agg(
            s.state order by array_position(
                array[
                    'FAILING', 'PENDING', 'PARTIALLY_SETTLED', 'INSTRUCTED', 'MATCHED', 'SETTLED',
                    'CANCELLED'
                ], s.state
            )
        ))[1] as state,
        min(s.settlement_date) as settlement_date,
        max(s.last_effective_on) filter (where s.state = 'SETTLED') as settled_on
    from settlement.instruction_states as s
    where s.purpose in ('TRADE', 'ALLOCATION')
    group by s.business_date, s.subject_id, s.subject_version
),
placed as (
    select
        t.*,
        i.settled_on,
        case
            when t.outcome = 'cancelled' then 'CANCELLED'
            when t.outcome = 'mismatched' then 'BREAK_MISMATCHED'
            when t.outcome = 'unmatched' then 'BREAK_UNMATCHED'
            when i.state <> 'CANCELLED' then i.state
            when t.outcome = 'matched' then 'CONFIRMED'
            when t.execution_status = 'ALLOCATED' then 'ALLOCATED'
            else 'EXECUTED'
        end as state
    from recon.trades as t
    left join instructed as i
        on i.business_date = t.business_date
        and i.trade_id = t.trade_id
        and i.version = t.execution_version
)
select
    p.business_date,
    p.trade_id,
    p.execution_version as version,
    p.state,
    l.operational_status,
    p.outcome,
    p.counterparty_id,
    p.symbol,
    p.settlement_date,
    p.settled_on
from placed as p
left join reference.life_cycle_states as l on l.state = p.state;
comment on view settlement.trade_states is
    'Each trade of a date with the state of its life (its current version''s) and its operational '
    'status. A break of the reconciliation comes before what its instruction says, even a settled '
    'one: someone has to act. Ask by business_date.';
