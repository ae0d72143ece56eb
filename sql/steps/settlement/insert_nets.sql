-- purpose: instruct the legs that nets lack. A leg keeps its part number for ever: netted anew, it
--          is a further version of it.
-- reads: missing_legs (temporary), settlement.accounts, settlement.instructions,
--        reference.instruments
-- writes: settlement.instructions, settlement.cycles
-- rerun: append once: a leg that this act has made is not made again
-- parameters: net_instruction_ids, net_dates, act_id, first_instruction_id (of a block)

drop table if exists pg_temp.numbered_legs;

create temporary table numbered_legs on commit drop as
with earlier as (
    select subject_id, purpose, house_account_id, counterparty_account_id, symbol, currency,
        part_number, max(subject_version) as version
    from settlement.instructions
    where settlement_date = any(%(net_dates)s::date[])
      and purpose in ('NET', 'MARK')
      and subject_id = any(%(net_instruction_ids)s::bigint[]::text[])
    group by 1, 2, 3, 4, 5, 6, 7
)
select
    w.*,
    coalesce(e.version, 0) + 1 as version,
    coalesce(
        e.part_number,
        (
            select coalesce(max(part_number), 0)
            from earlier
            where subject_id = w.net_instruction_id::text
        ) + row_number() over (
            partition by w.net_instruction_id, e.part_number
            order by w.purpose desc, w.house_id, w.party_id, w.currency, w.symbol
        )
    ) as part_number
from missing_legs as w
left join earlier as e
    on (e.subject_id, e.purpose, e.house_account_id, e.counterparty_account_id, e.currency)
    = (w.net_instruction_id::text, w.purpose, w.house_id, w.party_id, w.currency)
    and e.symbol is not distinct from w.symbol
where not exists (
    select
    from settlement.instructions as i
    where i.settlement_date = w.netted_on
      and i.subject_id = w.net_instruction_id::text
      and (i.act_id, i.purpose, i.house_account_id, i.counterparty_account_id, i.currency)
      = (%(act_id)s, w.purpose, w.house_id, w.party_id, w.currency)
      and i.symbol is not distinct from w.symbol
);

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, part_number,
    house_account_id, counterparty_account_id, purpose, subject_id, direction, method, symbol,
    asset_class, market_id, currency, counterparty_id, account, strategy, quantity, amount
)
select
    %(first_instruction_id)s - 1
    + row_number() over (order by w.net_instruction_id, w.part_number),
    w.netted_on, w.netted_on, %(act_id)s, w.version, w.part_number, w.house_id, w.party_id,
    w.purpose, w.net_instruction_id::text, d.direction,
    case when w.quantity = 0 then 'PAYMENT' when w.amount = 0 then 'FOP' else 'DVP' end,
    w.symbol, i.asset_class, coalesce(i.settlement_market_id, i.market_id), w.currency,
    party.account_name, house.account_name, 'NONE', nullif(abs(w.quantity), 0),
    case d.direction when 'RECEIVE' then w.amount else -w.amount end
from numbered_legs as w
cross join lateral (
    select case
        when coalesce(nullif(sign(w.quantity), 0), sign(w.amount)) > 0 then 'RECEIVE'
        else 'DELIVER'
    end as direction
) as d
join settlement.accounts as house on house.account_id = w.house_id
join settlement.accounts as party on party.account_id = w.party_id
left join reference.instruments as i on i.symbol = w.symbol
order by w.net_instruction_id, w.part_number;

update settlement.cycles set open_count = null
where settlement_date in (select netted_on from missing_legs);

select (select count(*) from missing_legs) as rows_in, count(*) as rows_out
from numbered_legs;
