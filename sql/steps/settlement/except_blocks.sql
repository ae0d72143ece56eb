-- purpose: leave out the kinds of trades that are blocks, and note their trades: they are
--          instructed by their allocations.
-- reads: instruction_terms, wanted_trades (temporary), reference.block_accounts
-- writes: instruction_terms (temporary), settlement.blocks
-- rerun: append once: a block is noted once
-- parameters: run_id

update instruction_terms as t
set flaw = 'is_a_block'
from reference.block_accounts as b
where b.account = t.account
  and b.effective_from <= t.business_date
  and (b.effective_until is null or b.effective_until > t.business_date);

insert into settlement.blocks (business_date, trade_id, run_id)
select w.business_date, w.trade_id, %(run_id)s
from wanted_trades as w
where exists (select from instruction_terms where flaw = 'is_a_block')
  and (w.business_date, w.account) in (
      select business_date, account
      from instruction_terms
      where flaw = 'is_a_block'
  )
on conflict do nothing;

select
    (select count(*) from instruction_terms) as rows_in,
    (select count(*) from instruction_terms where flaw is null) as rows_out;
