-- purpose: instruct the wanted trades of a settlement date: laid as a table of its own, which
--          becomes the date's partition, or takes its place with the rows that the date has.
-- reads: wanted_trades, instruction_terms (temporary), settlement.instructions
-- writes: settlement.laid_instructions (becomes a partition of settlement.instructions),
--         settlement.cycles
-- rerun: append once: an instructed version is not instructed again
-- parameters: settlement_date, act_id, first_instruction_id (of a block that is large enough)

-- a million trades are joined in memory, each table read once
set local hash_mem_multiplier to 8;
set local enable_nestloop to off;

create table settlement.laid_instructions as
select
    %(first_instruction_id)s - 1 + row_number() over () as instruction_id,
    %(settlement_date)s::date as settlement_date,
    w.business_date,
    %(act_id)s::integer as act_id,
    w.version as subject_version,
    0 as part_number,
    t.standing_instruction_id,
    t.house_account_id,
    t.counterparty_account_id,
    'TRADE'::text as purpose,
    w.trade_id as subject_id,
    case w.side when 'BUY' then 'RECEIVE' else 'DELIVER' end as direction,
    t.method,
    w.symbol,
    t.delivered_currency,
    w.asset_class,
    t.market_id,
    w.currency,
    w.counterparty_id,
    w.account,
    w.strategy,
    coalesce(nullif(round(w.quantity, t.delivered_digits), 0), w.quantity) as quantity,
    case t.method
        when 'FOP' then 0
        else settlement.trade_amount(
            w.price, w.quantity, t.multiplier, t.accrued_interest, t.minor_unit_digits
        )
    end as amount
from wanted_trades as w
join instruction_terms as t
    on (
        t.business_date, t.source_id, t.symbol, t.asset_class, t.currency, t.counterparty_id,
        t.account
    ) = (
        w.business_date, w.source_id, w.symbol, w.asset_class, w.currency, w.counterparty_id,
        w.account
    )
where w.settlement_date = %(settlement_date)s
  and t.settlement_date = %(settlement_date)s
  and t.flaw is null
  -- asked for each trade only where the date has any
  and (
      not (
          select exists (
              select from settlement.instructions where settlement_date = %(settlement_date)s
          )
      )
      or not exists (
          select
          from settlement.instructions as i
          where i.settlement_date = %(settlement_date)s
            and i.purpose = 'TRADE'
            and (i.business_date, i.subject_id, i.subject_version)
            = (w.business_date, w.trade_id, w.version)
      )
  );

set local hash_mem_multiplier to default;
set local enable_nestloop to default;
select settlement.merge_partition('instructions', 'laid_instructions', %(settlement_date)s);
update settlement.cycles set open_count = null where settlement_date = %(settlement_date)s;

select count(*) as rows_in, count(*) as rows_out
from settlement.instructions
where settlement_date = %(settlement_date)s
  and act_id = %(act_id)s;
