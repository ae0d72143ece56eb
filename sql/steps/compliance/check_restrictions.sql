-- purpose: flag trades in an instrument that the book or the whole firm may not trade on the date.
-- reads: checked_trades (temporary), reference.trading_restrictions
-- writes: found_alerts, found_coverage (temporary)
-- rerun: replaces what the rule had found
-- parameters: business_date

delete from found_alerts where rule = 'restricted_instrument';

delete from found_coverage where rule = 'restricted_instrument';

insert into found_alerts
select
    'restricted_instrument', 'TRADE', t.trade_id, t.symbol, t.account, t.counterparty_id,
    jsonb_build_object(
        'version', t.version, 'side', t.side, 'quantity', t.quantity::text, 'price', t.price::text,
        'currency', t.currency, 'executed_at', t.executed_at,
        -- a book's own restriction and the firm's may hold both
        'restrictions', jsonb_agg(
            jsonb_build_object(
                'account', r.account, 'side', r.side, 'effective_from', r.effective_from,
                'effective_until', r.effective_until, 'reason', r.reason, 'decided_by', r.decided_by
            )
            order by r.account, r.side, r.effective_from
        )
    )
from checked_trades as t
join reference.trading_restrictions as r
    on r.symbol = t.symbol
    and r.account in ('*', t.account)
    and r.side in ('*', t.side)
    and %(business_date)s between r.effective_from and r.effective_until
group by
    t.trade_id, t.symbol, t.account, t.counterparty_id, t.version, t.side, t.quantity, t.price,
    t.currency, t.executed_at;

insert into found_coverage
select 'restricted_instrument', 'checked', count(*) from checked_trades;

select
    (select sum(subject_count) from found_coverage where rule = 'restricted_instrument') as rows_in,
    (select count(*) from found_alerts where rule = 'restricted_instrument') as rows_out;
