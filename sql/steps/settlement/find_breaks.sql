-- purpose: say what keeps wanted trades from being instructed: a standing instruction that lacks is
--          one break however many trades wait for it, anything else is a break of its trade.
-- reads: wanted_trades, instruction_terms (temporary)
-- writes: found_settlement_breaks (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.found_settlement_breaks;

create temporary table found_settlement_breaks on commit drop as
with flawed as (
    select
        w.*,
        t.flaw,
        t.market_id,
        t.flaw like 'standing_instruction%%' as is_standing,
        abs(settlement.trade_amount(
            w.price, w.quantity, t.multiplier, t.accrued_interest,
            coalesce(t.minor_unit_digits, 2)
        )) as amount
    from wanted_trades as w
    join instruction_terms as t
        on (
            t.business_date, t.settlement_date, t.source_id, t.symbol, t.asset_class, t.currency,
            t.counterparty_id, t.account
        ) = (
            w.business_date, w.settlement_date, w.source_id, w.symbol, w.asset_class, w.currency,
            w.counterparty_id, w.account
        )
    where t.flaw <> 'is_a_block'
)
select
    business_date,
    case when is_standing then 'STANDING_INSTRUCTION' else 'TRADE' end as subject_kind,
    case when is_standing
        then concat_ws('/', counterparty_id, coalesce(market_id, '-'), asset_class, currency)
        else trade_id
    end as subject_id,
    flaw as break_type,
    case flaw
        when 'settlement_date_closed' then 'a settlement day'
        when 'settlement_date_out_of_range' then 'a date soon after the trade'
        when 'currency_unknown' then 'a currency of ISO 4217'
        when 'pair_unknown' then 'two currencies of ISO 4217'
        when 'settlement_method_missing' then 'a settlement method'
        else 'one standing instruction in force'
    end as expected_value,
    case
        when flaw like 'settlement_date%%' then min(settlement_date)::text
        when flaw = 'currency_unknown' then min(currency)
        when flaw = 'pair_unknown' then min(symbol)
        when flaw = 'settlement_method_missing' then min(asset_class)
        when flaw = 'standing_instruction_missing' then 'none'
        else 'several'
    end as actual_value,
    sum(amount) as exposure_amount,
    min(currency) as currency,
    min(counterparty_id) as counterparty_id,
    case when not bool_and(is_standing) then min(symbol) end as symbol,
    count(*) as trade_count
from flawed
group by 1, 2, 3, 4;

select coalesce(sum(trade_count), 0) as rows_in, count(*) as rows_out
from found_settlement_breaks;
