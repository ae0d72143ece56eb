-- purpose: bring netting agreements and block accounts in line with the loaded files.
-- reads: loaded_netting_agreements, loaded_block_accounts (temporary)
-- writes: reference.netting_agreements, reference.block_accounts
-- rerun: upsert changed: rows that say the same stay untouched; an agreement that the file no
--        longer has, or has otherwise, is withdrawn and stays
-- parameters: none

update reference.netting_agreements as t
set withdrawn_at = now()
where t.withdrawn_at is null
  and not exists (
      select
      from loaded_netting_agreements as s
      where (
          s.agreement, s.method, s.netting_centre, s.counterparty_id, s.market_id, s.asset_class,
          s.currency, s.effective_from, s.effective_until, s.source
      ) is not distinct from (
          t.agreement, t.method, t.netting_centre, t.counterparty_id, t.market_id, t.asset_class,
          t.currency, t.effective_from, t.effective_until, t.source
      )
  );

insert into reference.netting_agreements (
    agreement, method, netting_centre, counterparty_id, market_id, asset_class, currency,
    effective_from, effective_until, source
)
select distinct
    s.agreement, s.method, s.netting_centre, s.counterparty_id, s.market_id, s.asset_class,
    s.currency, s.effective_from, s.effective_until, s.source
from loaded_netting_agreements as s
where not exists (
    select
    from reference.netting_agreements as t
    where t.withdrawn_at is null
      and (
          s.counterparty_id, s.market_id, s.asset_class, s.currency, s.effective_from
      ) is not distinct from (
          t.counterparty_id, t.market_id, t.asset_class, t.currency, t.effective_from
      )
);

merge into reference.block_accounts as t
using loaded_block_accounts as s on (t.account, t.effective_from) = (s.account, s.effective_from)
when matched and (t.effective_until, t.source) is distinct from (s.effective_until, s.source)
    then update set (effective_until, source, recorded_at)
        = (s.effective_until, s.source, now())
when not matched then insert
    values (s.account, s.effective_from, s.effective_until, s.source)
when not matched by source then delete;

select
    (select count(*) from loaded_netting_agreements)
    + (select count(*) from loaded_block_accounts) as rows_in,
    (select count(*) from reference.block_accounts where recorded_at = now()) + (
        select count(*)
        from reference.netting_agreements
        where now() in (recorded_at, withdrawn_at)
    ) as rows_out;
