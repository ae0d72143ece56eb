-- purpose: instruct the missing parts of blocks. Part numbers go on counting, so that a part that
--          was allocated anew is another one.
-- reads: missing_parts, judged_instructions (temporary), settlement.instructions
-- writes: settlement.instructions, settlement.cycles
-- rerun: append once: a part that this act has made is not made again
-- parameters: act_id, first_instruction_id (of a block of ids that is large enough)

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, part_number,
    standing_instruction_id, house_account_id, counterparty_account_id, purpose, subject_id,
    direction, method, symbol, delivered_currency, asset_class, market_id, currency,
    counterparty_id, account, strategy, quantity, amount
)
select
    %(first_instruction_id)s - 1
    + row_number() over (order by m.business_date, m.trade_id, m.place),
    m.settlement_date,
    m.business_date,
    %(act_id)s,
    m.version,
    coalesce(
        (
            select max(j.part_number)
            from judged_instructions as j
            where (j.business_date, j.trade_id) = (m.business_date, m.trade_id)
        ), 0
    ) + row_number() over (partition by m.business_date, m.trade_id order by m.place),
    m.standing_instruction_id,
    m.house_account_id,
    m.counterparty_account_id,
    'ALLOCATION',
    m.trade_id,
    case m.side when 'BUY' then 'RECEIVE' else 'DELIVER' end,
    m.method,
    m.symbol,
    m.delivered_currency,
    m.asset_class,
    m.market_id,
    m.currency,
    m.counterparty_id,
    m.account,
    m.strategy,
    m.quantity,
    case m.method when 'FOP' then 0 else m.part_amount end
from missing_parts as m
where not exists (
    select
    from settlement.instructions as i
    where i.settlement_date = m.settlement_date
      and (i.act_id, i.purpose, i.subject_id, i.business_date, i.account)
      = (%(act_id)s, 'ALLOCATION', m.trade_id, m.business_date, m.account)
);

update settlement.cycles set open_count = null
where settlement_date in (select settlement_date from missing_parts);

select count(*) as rows_in, count(*) as rows_out
from missing_parts;
