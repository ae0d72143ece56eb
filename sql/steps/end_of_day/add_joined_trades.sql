-- purpose: add to the compared trades those whose sides are together already: one version of each
--          at most, so that nothing has to be looked up but a stored match.
-- reads: unreconciled_trades, touched_trades (temporary), reference.sources; by recon.look_up_match
--        also recon.single_matches, recon.match_sets, recon.match_set_exceptions
-- writes: compared_trades (temporary)
-- rerun: a trade that was added stays once
-- parameters: business_dates, is_new_set (true: the date had no match; these are not in its set)

insert into compared_trades (
    business_date, trade_id, is_grace_over, execution_version, execution_status, symbol, currency,
    counterparty_id, quantity, price, executed_at, expects_confirmation, expects_pnl_snapshot,
    confirmation_version, confirmed_quantity, confirmed_price, confirmed_at, confirmed_symbol,
    confirmed_currency, confirmed_counterparty_id, pnl_snapshot_version, pnl_impact, commission,
    pnl_currency, has_match, has_stale_match
)
select
    t.business_date,
    t.trade_id,
    t.is_grace_over,
    u.execution_version,
    u.execution_status,
    u.symbol,
    u.currency,
    u.counterparty_id,
    u.quantity,
    u.price,
    u.executed_at,
    s.expects_confirmation,
    s.expects_pnl_snapshot,
    u.confirmation_version,
    u.confirmed_quantity,
    u.confirmed_price,
    u.confirmed_at,
    u.confirmed_symbol,
    u.confirmed_currency,
    u.confirmed_counterparty_id,
    u.pnl_snapshot_version,
    u.pnl_impact,
    u.commission,
    u.pnl_currency,
    coalesce(m.has_match, false),
    coalesce(m.has_match, false)
    and (m.execution_version, m.confirmation_version, m.pnl_snapshot_version)
        is distinct from (u.execution_version, u.confirmation_version, u.pnl_snapshot_version)
from touched_trades as t
join unreconciled_trades as u on u.trade_id = t.trade_id and u.is_joined
left join lateral recon.look_up_match(
    %(business_dates)s::date[], t.business_date, t.trade_id, u.execution_version, u.batch_id,
    u.source_id
) as m on not coalesce(%(is_new_set)s, false)
left join reference.sources as s on s.source_id = u.source_id
where not t.is_looked_up
  and t.trade_id not in (select trade_id from compared_trades);

select (select count(*) from touched_trades) as rows_in, count(*) as rows_out from compared_trades;
