-- purpose: find the trades of a date whose instructions are not what they should be: matched and
--          not instructed, instructed and no longer matched, or instructed by another version.
-- reads: trade.executions, recon.matches, settlement.instructions, settlement.events,
--        settlement.holds
-- writes: settling_trades (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, last_settlement_date (no instruction of the date settles later)

drop table if exists pg_temp.settling_trades;

create temporary table settling_trades on commit drop as
with matched as (
    select m.trade_id, m.execution_version as version
    from recon.matches as m
    where m.business_date = %(business_date)s
),
ended as (
    select e.instruction_id
    from settlement.events as e
    where e.settlement_date between %(business_date)s and %(last_settlement_date)s
      and e.to_state = 'CANCELLED'
),
instructed as (
    select
        i.subject_id as trade_id,
        i.subject_version as version,
        i.instruction_id in (
            select h.instruction_id
            from settlement.holds as h
            where h.cause = 'trade_no_longer_matches'
              and h.released_act_id is null
        ) as is_held
    from settlement.instructions as i
    where i.settlement_date between %(business_date)s and %(last_settlement_date)s
      and i.business_date = %(business_date)s
      and i.purpose = 'TRADE'
      and i.instruction_id not in (select instruction_id from ended)
)
select distinct
    %(business_date)s::date as business_date,
    trade_id
from matched as m
full join instructed as i using (trade_id, version)
where case
    when m.trade_id is not null then coalesce(i.is_held, true)
    when not i.is_held then true
    -- held already: until its trade is corrected, cancelled or withdrawn
    else coalesce(
        (
            select x.version <> i.version or x.status = 'CANCELLED'
            from trade.executions as x
            where x.business_date = %(business_date)s
              and x.trade_id = i.trade_id
            order by x.version desc
            limit 1
        ),
        true
    )
end;

analyze settling_trades;

select count(*) as rows_in, count(*) as rows_out
from settling_trades;
