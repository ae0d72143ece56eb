-- purpose: post what the splits of an ex-date add to our accounts, or take: an instruction between
--          account and issuer that settles at once, on the ex-date, without payment.
-- reads: found_splits (temporary)
-- writes: settlement.instructions, settlement.events, settlement.split_postings,
--         settlement.accounts
-- rerun: append once: what is posted is found no more; what changes is a further movement
-- parameters: ex_date, act_id, first_instruction_id (of a block that is large enough)

drop table if exists pg_temp.posted_splits;

create temporary table posted_splits on commit drop as
select
    s.*,
    %(first_instruction_id)s - 1 + row_number() over (order by s.symbol, s.account_id)
        as instruction_id,
    settlement.open_account('ISSUER', s.symbol) as issuer_id
from found_splits as s;

insert into settlement.instructions (
    instruction_id, settlement_date, business_date, act_id, subject_version, part_number,
    house_account_id, counterparty_account_id, purpose, subject_id, direction, method, symbol,
    asset_class, market_id, currency, counterparty_id, account, strategy, quantity, amount
)
select
    instruction_id, %(ex_date)s, %(ex_date)s, %(act_id)s, version, account_id,
    account_id, issuer_id, 'SPLIT', symbol,
    case when quantity > 0 then 'RECEIVE' else 'DELIVER' end, 'FOP', symbol,
    asset_class, market_id, currency, 'ISSUER', account_name, 'NONE', abs(quantity), 0
from posted_splits
order by instruction_id;

insert into settlement.events (
    instruction_id, settlement_date, effective_on, act_id, sequence, kind, from_state, to_state,
    symbol, quantity, deliverer_id, receiver_id
)
select
    instruction_id, %(ex_date)s, %(ex_date)s, %(act_id)s, 1, 'SETTLEMENT', 'INSTRUCTED', 'SETTLED',
    symbol, abs(quantity),
    case when quantity > 0 then issuer_id else account_id end,
    case when quantity > 0 then account_id else issuer_id end
from posted_splits
order by instruction_id;

insert into settlement.split_postings (
    instruction_id, settlement_date, held_quantity, new_shares, old_shares, fraction
)
select
    instruction_id, %(ex_date)s, held_quantity, new_shares, old_shares,
    case when held_quantity = trunc(held_quantity)
        then mod(held_quantity * new_shares, old_shares) / old_shares
        else 0
    end
from posted_splits
order by instruction_id;

-- what was just found is posted
truncate found_splits;

select count(*) as rows_in, count(*) as rows_out from posted_splits;
