-- purpose: add up the gross behind nets, by who, what and which currency: as
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
with netted as not materialized (
    select e.net_instruction_id, e.sequence, i.*, i.direction = 'RECEIVE' as is_received
    from settlement.events as e
    join settlement.instructions as i
        on i.settlement_date = any(%(gross_dates)s::date[])
        and (i.settlement_date, i.instruction_id) = (e.settlement_date, e.instruction_id)
    where e.settlement_date = any(%(gross_dates)s::date[])
      and e.net_instruction_id = any(%(net_instruction_ids)s::bigint[])
      and not exists (
          select
          from settlement.events as r
          where r.settlement_date = any(%(gross_dates)s::date[])
            and (r.settlement_date, r.instruction_id) = (e.settlement_date, e.instruction_id)
            and r.reverses_sequence = e.sequence
            and r.kind = 'REVERSAL'
      )
),
still_due as (
    -- nearly all: nothing had happened to it
    select
        net_instruction_id, house_account_id, counterparty_account_id, method, symbol, currency,
        delivered_currency,
        sum(case when is_received then quantity else -quantity end) as quantity,
        sum(case when is_received then amount else -amount end) as amount,
        null::numeric as mark_payment, count(*) as instruction_count
    from netted
    where sequence = 1
    group by 1, 2, 3, 4, 5, 6, 7
    union all
    -- less what had settled of it before
    select
        n.net_instruction_id, n.house_account_id, n.counterparty_account_id, n.method, n.symbol,
        n.currency, n.delivered_currency, way * (n.quantity - coalesce(s.quantity, 0)),
        way * (n.amount - sign(n.amount) * coalesce(s.amount, 0)), f.mark_payment, 1
    from netted as n
    cross join lateral (select case when is_received then 1 else -1 end as way) as w
    left join settlement.marked_fails as f
        on (f.net_instruction_id, f.instruction_id) = (n.net_instruction_id, n.instruction_id)
    left join (
        select settlement_date, instruction_id, sum(quantity) as quantity, sum(amount) as amount
        from settlement.events
        where settlement_date = any(%(gross_dates)s::date[])
          and (kind, to_state) = ('SETTLEMENT', 'PARTIALLY_SETTLED')
        group by settlement_date, instruction_id
    ) as s on (s.settlement_date, s.instruction_id) = (n.settlement_date, n.instruction_id)
    where n.sequence > 1
)
select
    net_instruction_id, house_account_id, counterparty_account_id, method, symbol, currency,
    -- of a pair that is exchanged the first currency: one for each symbol
    max(delivered_currency) as delivered_currency,
    coalesce(sum(quantity), 0) as quantity,
    sum(amount + coalesce(mark_payment, 0)) as amount,
    coalesce(sum(-mark_payment), 0) as mark_amount,
    sum(instruction_count) as instruction_count
from still_due
group by 1, 2, 3, 4, 5, 6;

set local enable_nestloop to default;
set local enable_mergejoin to default;
set local enable_sort to default;
set local hash_mem_multiplier to default;
select coalesce(sum(instruction_count), 0) as rows_in, count(*) as rows_out
from gross_sums;
