-- purpose: flag trades that say the same under several ids: one execution reported more than once.
-- reads: checked_trades (temporary)
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: none

delete from found_alerts where rule = 'potential_duplicate';

delete from found_coverage where rule = 'potential_duplicate';

-- few instants have two trades of an instrument: all terms are compared for those alone
insert into found_alerts
select
    'potential_duplicate', 'TRADE', max(t.trade_id collate "C"), t.symbol, t.account,
    t.counterparty_id,
    jsonb_build_object(
        'trade_ids', jsonb_agg(t.trade_id order by t.trade_id collate "C"),
        'version', max(t.version), 'side', t.side, 'quantity', t.quantity::text,
        'price', t.price::text, 'currency', t.currency, 'strategy', t.strategy,
        'executed_at', t.executed_at
    )
from checked_trades as t
join (
    select executed_at, symbol
    from checked_trades
    group by executed_at, symbol
    having count(*) > 1
) as crowded using (executed_at, symbol)
group by
    t.symbol, t.account, t.counterparty_id, t.side, t.quantity, t.price, t.currency, t.strategy,
    t.executed_at
having count(*) > 1;

insert into found_coverage
select 'potential_duplicate', 'checked', count(*) from checked_trades;

select
    (select sum(subject_count) from found_coverage where rule = 'potential_duplicate') as rows_in,
    (select count(*) from found_alerts where rule = 'potential_duplicate') as rows_out;
