-- purpose: add up the gross behind the given nets, by who, what and which currency: as
--          settlement.netted_instructions says it, but so that a million rows are joined once.
-- reads: settlement.events, settlement.instructions, settlement.marked_fails
-- writes: gross_sums (temporary)
-- rerun: replaces the temporary table
-- parameters: net_instruction_ids, gross_dates (on which it may lie)

drop table if exists pg_temp.gross_sums;

-- each partition is read once and hashed: how few sums there are is more than the planner can see
set local enable_nestloop to off;
set local enable_mergejoin to off;
set local enable_sort to off;
set local hash_mem_multiplier to 8;

create temporary table gross_sums on commit drop as
with netted as (
    select
        e.net_instruction_id,
        i.house_account_id,
        i.counterparty_account_id,
        i.method,
        i.symbol,
        i.delivered_currency,
        i.currency,
        case i.direction when 'RECEIVE' then 1 else -1 end as way,
        i.quantity - coalesce(s.quantity, 0) as quantity,
        i.amount - sign(i.amount) * coalesce(s.amount, 0) as amount,
        f.mark_payment
    from settlement.events as e
    join settlement.instructions as i
        on i.settlement_date = any(%(gross_dates)s::date[])
        and i.settlement_date = e.settlement_date
        and i.instruction_id = e.instruction_id
    left join settlement.marked_fails as f
        on f.net_instruction_id = e.net_instruction_id
        and f.instruction_id = e.instruction_id
    left join (
        -- what had settled of it before
        select settlement_date, instruction_id, sum(quantity) as quantity, sum(amount) as amount
        from settlement.events
        where settlement_date = any(%(gross_dates)s::date[])
          and kind = 'SETTLEMENT'
          and to_state = 'PARTIALLY_SETTLED'
        group by settlement_date, instruction_id
    ) as s
        on s.settlement_date = e.settlement_date
        and s.instruction_id = e.instruction_id
    where e.settlement_date = any(%(gross_dates)s::date[])
      and e.net_instruction_id = any(%(net_instruction_ids)s::bigint[])
      and not exists (
          select
          from settlement.events as r
          where r.settlement_date = any(%(gross_dates)s::date[])
            and r.settlement_date = e.settlement_date
            and r.instruction_id = e.instruction_id
            and r.reverses_sequence = e.sequence
            and r.kind = 'REVERSAL'
      )
)
select
    net_instruction_id, house_account_id, counterparty_account_id, method, symbol, currency,
    -- of a pair that is exchanged the first currency: one for each symbol
    max(delivered_currency) as delivered_currency,
    coalesce(sum(way * quantity), 0) as quantity,
    sum(way * amount + coalesce(mark_payment, 0)) as amount,
    coalesce(sum(-mark_payment), 0) as mark_amount,
    count(*) as instruction_count
from netted
group by 1, 2, 3, 4, 5, 6;

set local enable_nestloop to default;
set local enable_mergejoin to default;
set local enable_sort to default;
set local hash_mem_multiplier to default;

select coalesce(sum(instruction_count), 0) as rows_in, count(*) as rows_out
from gross_sums;
