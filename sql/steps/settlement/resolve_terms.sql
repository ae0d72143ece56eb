-- purpose: work out, once for each kind of trade, what its instruction says beyond the trade:
--          market, method, rounding, standing instruction, accounts; or what is lacking.
-- reads: considered_trades (temporary), reference.instruments, reference.instrument_terms,
--        reference.sources, reference.markets, reference.currencies, reference.settlement_methods,
--        reference.standing_instructions, reference.calendar_days, settlement.accounts
-- writes: trade_kinds, instruction_terms (temporary), settlement.accounts
-- rerun: replaces the temporary tables; accounts are opened once
-- parameters: settlement_reach_days (how many days after its trade date a trade settles at most)

drop table if exists pg_temp.trade_kinds, pg_temp.instruction_terms;

create temporary table trade_kinds on commit drop as
select
    business_date, settlement_date, source_id, symbol, asset_class, currency, counterparty_id,
    account
from considered_trades
group by 1, 2, 3, 4, 5, 6, 7, 8;

insert into settlement.accounts (account_kind, account_name)
select 'HOUSE', account from trade_kinds
union
select 'COUNTERPARTY', counterparty_id from trade_kinds
on conflict (account_kind, account_name) do nothing;

create temporary table instruction_terms on commit drop as
select
    k.*,
    coalesce(i.settlement_market_id, i.market_id, o.market_id) as market_id,
    coalesce(own.method, other.method) as method,
    case when coalesce(own.method, other.method) = 'PVP' then left(k.symbol, 3) end
        as delivered_currency,
    c.minor_unit_digits,
    -- securities are never rounded, currency is: to its minor unit, unless nothing would be left
    coalesce(
        case when coalesce(own.method, other.method) = 'PVP' then d.minor_unit_digits end, 20
    ) as delivered_digits,
    n.multiplier,
    settlement.accrued_interest(k.symbol, k.settlement_date) as accrued_interest,
    s.standing_instruction_id,
    house.account_id as house_account_id,
    party.account_id as counterparty_account_id,
    case
        when c.currency is null then 'currency_unknown'
        when coalesce(own.method, other.method) is null then 'settlement_method_missing'
        when coalesce(own.method, other.method) = 'PVP'
            and (d.currency is null or k.symbol <> d.currency || k.currency) then 'pair_unknown'
        when k.settlement_date not between k.business_date
            and k.business_date + %(settlement_reach_days)s then 'settlement_date_out_of_range'
        when not day.is_business_day then 'settlement_date_closed'
        when coalesce(s.found_count, 0) = 0 then 'standing_instruction_missing'
        when s.found_count > 1 then 'standing_instruction_ambiguous'
    end as flaw
from trade_kinds as k
left join reference.instruments as i on i.symbol = k.symbol
left join reference.instrument_terms as n on n.symbol = k.symbol
left join reference.sources as o on o.source_id = k.source_id
left join reference.markets as m
    on m.market_id = coalesce(i.settlement_market_id, i.market_id, o.market_id)
left join reference.currencies as c on c.currency = k.currency
left join reference.settlement_methods as own
    on (own.asset_class, own.market_id) = (k.asset_class, m.market_id)
left join reference.settlement_methods as other
    on (other.asset_class, other.market_id) = (k.asset_class, '*')
left join reference.currencies as d on d.currency = left(k.symbol, 3)
left join reference.calendar_days as day
    on (day.calendar_id, day.calendar_date) = (m.settlement_calendar, k.settlement_date)
left join lateral reference.find_standing_instruction(
    k.counterparty_id, m.market_id, k.asset_class, k.currency, k.settlement_date
) as s on true
left join settlement.accounts as house
    on (house.account_kind, house.account_name) = ('HOUSE', k.account)
left join settlement.accounts as party
    on (party.account_kind, party.account_name) = ('COUNTERPARTY', k.counterparty_id);

analyze instruction_terms;

select count(*) as rows_in, count(*) filter (where flaw is null) as rows_out
from instruction_terms;
