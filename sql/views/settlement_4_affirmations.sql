-- Whether trades were affirmed in time.

create or replace view settlement.affirmations as
select
    e.business_date,
    e.trade_id,
    e.version,
    m.market_id,
    e.asset_class,
    e.counterparty_id,
    x.cutoff_at,
    case when t.trade_id is not null then greatest(e.recorded_at, c.recorded_at) end as affirmed_at,
    coalesce(
        t.trade_id is not null and greatest(e.recorded_at, c.recorded_at) <= x.cutoff_at, false
    ) as is_in_time,
    x.rate_target
from trade.executions as e
left join reference.instruments as i on i.symbol = e.symbol
left join reference.sources as o on o.source_id = e.source_id
join reference.markets as m on m.market_id = coalesce(i.market_id, o.market_id)
join lateral (
    select
        -- a time of the wall clock, so that it is the same before and after the clocks change
        (e.business_date + a.cutoff_time) at time zone m.timezone as cutoff_at,
        a.rate_target
    from reference.affirmation_cutoffs as a
    where a.market_id = m.market_id
      and a.asset_class = e.asset_class
      and a.effective_from <= e.business_date
    order by a.effective_from desc
    limit 1
) as x on true
left join recon.matches as t
    on t.business_date = e.business_date
    and t.trade_id = e.trade_id
    and t.execution_version = e.version
    and t.confirmation_version is not null
left join trade.confirmations as c
    on c.business_date = t.business_date
    and c.trade_id = t.trade_id
    and c.version = t.confirmation_version
where e.status <> 'CANCELLED'
  and o.expects_confirmation
  and not exists (
      select
      from trade.executions as newer
      where newer.business_date = e.business_date
        and newer.trade_id = e.trade_id
        and newer.version > e.version
        and newer.version > 1
  );
comment on view settlement.affirmations is
    'Each live trade that a cutoff applies to and whose source expects a confirmation. affirmed_at: '
    'when the later of the two records that match, execution and confirmation, was accepted; null '
    'while the trade does not match. is_in_time: by cutoff_at, inclusive. Ask by business_date.';

drop function if exists report.affirmation_rates(date);

create function report.affirmation_rates(p_business_date date)
returns table (
    business_date date,
    market_id text,
    counterparty_id text,
    trade_count bigint,
    affirmed_count bigint,
    in_time_count bigint,
    affirmation_rate numeric,
    rate_target numeric,
    is_target_met boolean
)
language sql stable
-- how many trades match is more than the planner can see: their confirmations would be looked up one
-- by one, a fifth slower for a million
set enable_nestloop to off
as $$
    select
        p_business_date,
        market_id,
        counterparty_id,
        sum(trade_count)::bigint,
        sum(affirmed_count)::bigint,
        sum(in_time_count)::bigint,
        round(sum(in_time_count) / sum(trade_count), 4),
        max(rate_target),
        sum(in_time_count) >= max(rate_target) * sum(trade_count)
    -- counted by counterparty first, by several processes, which grouping sets rule out
    from (
        select
            a.market_id,
            a.counterparty_id,
            count(*) as trade_count,
            count(a.affirmed_at) as affirmed_count,
            count(*) filter (where a.is_in_time) as in_time_count,
            max(a.rate_target) as rate_target
        from settlement.affirmations as a
        where a.business_date = p_business_date
        group by a.market_id, a.counterparty_id
    ) as counted
    group by grouping sets ((market_id, counterparty_id), (market_id))
$$;
comment on function report.affirmation_rates(date) is
    'Share of a date''s trades affirmed by the cutoff, per market and counterparty; counterparty_id '
    'null: the whole market. Whether the target is met is decided before rounding.';
