-- Where each trade stands in its life, and in the five words that users see.

create or replace view settlement.trade_states as
with net_states as materialized (
    select * from settlement.net_states
),
due as (
    select
        s.business_date,
        s.subject_id as trade_id,
        s.subject_version as version,
        s.settlement_date,
        case when s.net_instruction_id is null then array_position(settlement.stages(), s.state)
            else coalesce(
                least(
                    asset.stage,
                    case when n.method <> 'CENTRAL' or asset.stage is null then paid.stage end,
                    delivered.stage
                ),
                array_position(settlement.stages(), 'SETTLED')
            )
        end as stage,
        coalesce(
            greatest(
                asset.last_effective_on,
                case when n.method <> 'CENTRAL' or asset.stage is null
                    then paid.last_effective_on
                end,
                delivered.last_effective_on
            ),
            s.last_effective_on
        ) as last_effective_on
    from settlement.instruction_states as s
    left join settlement.net_instructions as n on n.net_instruction_id = s.net_instruction_id
    left join net_states as asset
        on asset.net_instruction_id = n.net_instruction_id
        and asset.house_account_id = s.house_account_id
        and asset.counterparty_account_id
        = coalesce(n.centre_account_id, s.counterparty_account_id)
        and asset.symbol = s.symbol
        and asset.currency = s.currency
    left join net_states as paid
        on paid.net_instruction_id = n.net_instruction_id
        and paid.house_account_id = s.house_account_id
        and paid.counterparty_account_id
        = coalesce(n.centre_account_id, s.counterparty_account_id)
        and paid.symbol is null
        and paid.currency = s.currency
    left join net_states as delivered
        on delivered.net_instruction_id = n.net_instruction_id
        and delivered.house_account_id = s.house_account_id
        and delivered.counterparty_account_id
        = coalesce(n.centre_account_id, s.counterparty_account_id)
        and delivered.symbol is null
        and delivered.currency = s.delivered_currency
    where s.purpose in ('TRADE', 'ALLOCATION')
),
instructed as (
    select
        business_date,
        trade_id,
        version,
        -- parts of one trade: the least advanced decides
        (settlement.stages())[min(stage)] as state,
        min(settlement_date) as settlement_date,
        max(last_effective_on) filter (
            where (settlement.stages())[stage] = 'SETTLED'
        ) as settled_on
    from due
    group by business_date, trade_id, version
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
    'one: someone has to act. A trade that is netted stands where our legs of its net stand that '
    'carry its instrument and currencies; what another member settles with a netting centre is not '
    'ours. Ask by business_date.';
