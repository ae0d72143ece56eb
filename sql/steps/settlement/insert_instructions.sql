-- purpose: instruct the wanted trades whose terms are whole, where the settlement date has
--          instructions already.
-- reads: wanted_trades, instruction_terms (temporary), settlement.cycles
-- writes: settlement.instructions, settlement.cycles
-- rerun: append once: an instructed version is not wanted again
-- parameters: begun_dates, act_id, first_instruction_id (of a block that is large enough)

with instructed as (
    insert into settlement.instructions (
        instruction_id, settlement_date, business_date, act_id, subject_version,
        standing_instruction_id, house_account_id, counterparty_account_id, purpose, subject_id,
        direction, method, symbol, delivered_currency, asset_class, market_id, currency,
        counterparty_id, account, strategy, quantity, amount
    )
    select
        %(first_instruction_id)s - 1 + row_number() over (),
        w.settlement_date,
        w.business_date,
        %(act_id)s,
        w.version,
        t.standing_instruction_id,
        t.house_account_id,
        t.counterparty_account_id,
        'TRADE',
        w.trade_id,
        case w.side when 'BUY' then 'RECEIVE' else 'DELIVER' end,
        t.method,
        w.symbol,
        t.delivered_currency,
        w.asset_class,
        t.market_id,
        w.currency,
        w.counterparty_id,
        w.account,
        w.strategy,
        coalesce(nullif(round(w.quantity, t.delivered_digits), 0), w.quantity),
        case t.method
            when 'FOP' then 0
            else settlement.trade_amount(
                w.price, w.quantity, t.multiplier, t.accrued_interest, t.minor_unit_digits
            )
        end
    from wanted_trades as w
    join instruction_terms as t
        on (
            t.business_date, t.settlement_date, t.source_id, t.symbol, t.asset_class, t.currency,
            t.counterparty_id, t.account
        ) = (
            w.business_date, w.settlement_date, w.source_id, w.symbol, w.asset_class, w.currency,
            w.counterparty_id, w.account
        )
    where t.flaw is null
      and w.settlement_date = any(%(begun_dates)s::date[])
    on conflict do nothing
    returning settlement_date
),
counted as (
    select settlement_date, count(*) as row_count
    from instructed
    group by settlement_date
),
reopened as (
    update settlement.cycles as c
    set open_count = null
    from counted as n
    where c.settlement_date = n.settlement_date
)
select
    (select count(*) from wanted_trades) as rows_in,
    coalesce(sum(row_count), 0) as rows_out
from counted;
