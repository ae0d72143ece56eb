-- purpose: hold the instructed parts of blocks against their allocations as they are now: a part
--          that says otherwise ends (but what has settled stays while its trade only matches no
--          longer); what no part says is missing. A block one of whose parts lacks something is not
--          instructed at all.
-- reads: current_blocks, wanted_parts, instruction_terms (temporary), settlement.instruction_states
-- writes: judged_instructions, whole_parts, missing_parts (temporary)
-- rerun: replaces the temporary tables
-- parameters: first_settlement_date, last_settlement_date

drop table if exists
pg_temp.judged_instructions, pg_temp.missing_parts, pg_temp.whole_parts;

create temporary table whole_parts on commit drop as
select w.*, t.market_id, t.method, t.delivered_currency, t.delivered_digits,
    t.standing_instruction_id, t.house_account_id, t.counterparty_account_id
from wanted_parts as w
join instruction_terms as t
    on (t.business_date, t.settlement_date, t.source_id, t.symbol, t.asset_class, t.currency,
        t.counterparty_id, t.account)
    = (w.business_date, w.settlement_date, w.source_id, w.symbol, w.asset_class, w.currency,
        w.counterparty_id, w.account)
where (w.business_date, w.trade_id) not in (
    select f.business_date, f.trade_id
    from wanted_parts as f
    join instruction_terms as lacking
        on (lacking.business_date, lacking.settlement_date, lacking.source_id, lacking.symbol,
            lacking.asset_class, lacking.currency, lacking.counterparty_id, lacking.account)
        = (f.business_date, f.settlement_date, f.source_id, f.symbol, f.asset_class, f.currency,
            f.counterparty_id, f.account)
    where lacking.flaw is not null
);

create temporary table judged_instructions on commit drop as
select
    s.instruction_id, s.settlement_date, s.last_sequence, s.state, s.business_date,
    s.subject_id as trade_id, s.subject_version, s.account, s.part_number,
    s.state = 'SETTLED' or s.settled_quantity > 0 or s.settled_amount > 0 as has_settled,
    case
        when s.state = 'CANCELLED' or w.trade_id is not null then null
        when b.is_due then 'allocated_anew'
        when b.is_live and s.subject_version = b.version and s.state = 'SETTLED' then null
        else 'block_no_longer_due'
    end as cancel_cause,
    false as is_to_hold,
    false as is_to_release
from current_blocks as b
join settlement.instruction_states as s
    on s.settlement_date between %(first_settlement_date)s and %(last_settlement_date)s
    and (s.subject_id, s.business_date, s.purpose) = (b.trade_id, b.business_date, 'ALLOCATION')
left join whole_parts as w
    on s.state <> 'CANCELLED'
    and (w.trade_id, w.business_date, w.version, w.settlement_date, w.account, w.quantity)
    = (s.subject_id, s.business_date, s.subject_version, s.settlement_date, s.account, s.quantity)
    and s.amount = case s.method when 'FOP' then 0 else w.part_amount end;

create temporary table missing_parts on commit drop as
select w.*
from whole_parts as w
where not exists (
    select
    from judged_instructions as j
    where (j.trade_id, j.business_date, j.account) = (w.trade_id, w.business_date, w.account)
      and j.state <> 'CANCELLED'
      and j.cancel_cause is null
);

select
    (select count(*) from judged_instructions where state <> 'CANCELLED') as rows_in,
    (select count(*) from judged_instructions where cancel_cause is not null) as rows_out;
