-- purpose: hold the instructions of the listed trades against the trades as they are now, and say
--          what has to happen to each: cancel, hold, release.
-- reads: settling_trades (temporary), trade.executions, recon.matches, settlement.instructions,
--        settlement.instruction_states, settlement.holds
-- writes: current_trades, judged_instructions (temporary)
-- rerun: replaces the temporary tables
-- parameters: business_dates (of the listed trades), first_settlement_date, last_settlement_date

drop table if exists pg_temp.current_trades, pg_temp.judged_instructions;

create temporary table current_trades on commit drop as
select
    t.business_date,
    t.trade_id,
    e.version,
    e.status,
    coalesce(m.execution_version = e.version, false) as is_matched
from settling_trades as t
left join lateral (
    select x.version, x.status
    from trade.executions as x
    where x.business_date = any(%(business_dates)s::date[])
      and x.business_date = t.business_date
      and x.trade_id = t.trade_id
    order by x.version desc
    limit 1
) as e on true
left join recon.matches as m
    on m.business_date = any(%(business_dates)s::date[])
    and m.business_date = t.business_date
    and m.trade_id = t.trade_id;

analyze current_trades;

create temporary table judged_instructions on commit drop as
select
    s.instruction_id,
    s.settlement_date,
    s.subject_version,
    s.last_sequence,
    s.state,
    s.state = 'SETTLED' or s.settled_quantity > 0 or s.settled_amount > 0 as has_settled,
    h.hold_id,
    case
        when s.state = 'CANCELLED' then null
        when t.version is null then 'trade_withdrawn'
        when t.status = 'CANCELLED' then 'trade_cancelled'
        when s.subject_version <> t.version then 'trade_corrected'
    end as cancel_cause,
    s.state not in ('SETTLED', 'CANCELLED') and not t.is_matched and h.hold_id is null
        as is_to_hold,
    s.state <> 'CANCELLED' and t.is_matched and h.hold_id is not null as is_to_release,
    t.business_date,
    t.trade_id
from current_trades as t
join settlement.instruction_states as s
    on s.settlement_date between %(first_settlement_date)s and %(last_settlement_date)s
    and s.subject_id = t.trade_id
    and s.business_date = t.business_date
    and s.purpose = 'TRADE'
left join settlement.holds as h
    on h.instruction_id = s.instruction_id
    and h.cause = 'trade_no_longer_matches'
    and h.released_act_id is null;

select
    (select count(*) from current_trades) as rows_in,
    (
        select count(*)
        from judged_instructions
        where cancel_cause is not null or is_to_hold or is_to_release
    ) as rows_out;
