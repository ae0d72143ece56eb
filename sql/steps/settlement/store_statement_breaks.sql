-- purpose: open the breaks that were found in the touched accounts, and resolve those that a later
--          statement, a corrected one or our own correction ended. One that began and ended before
--          anyone looked is opened and resolved at once.
-- reads: found_statement_breaks, touched_accounts (temporary), settlement.statements
-- writes: settlement.breaks
-- rerun: upsert changed: rows that say the same stay untouched
-- parameters: run_id, as_of, is_final

insert into settlement.breaks as stored (
    business_date, subject_kind, subject_id, break_type, expected_value, actual_value, delta,
    exposure_amount, currency, symbol, opened_run_id, opened_at
)
select
    f.business_date, 'STATEMENT', f.subject_id, f.break_type, f.expected_value, f.actual_value,
    f.delta, case when f.currency is not null then abs(f.delta) end, f.currency, f.symbol,
    %(run_id)s, %(as_of)s
from found_statement_breaks as f
where f.is_open
   or not exists (
       select
       from settlement.breaks as b
       where (b.business_date, b.subject_kind, b.subject_id, b.break_type)
           = (f.business_date, 'STATEMENT', f.subject_id, f.break_type)
   )
on conflict (business_date, subject_kind, subject_id, break_type) do update set
    status = 'OPEN',
    expected_value = excluded.expected_value,
    actual_value = excluded.actual_value,
    delta = excluded.delta,
    exposure_amount = excluded.exposure_amount,
    resolved_run_id = null,
    resolved_at = null,
    resolved_reason = null
where (stored.status, stored.expected_value, stored.actual_value)
    is distinct from ('OPEN', excluded.expected_value, excluded.actual_value);

update settlement.breaks as b
set status = 'RESOLVED',
    resolved_run_id = %(run_id)s,
    resolved_at = %(as_of)s,
    resolved_reason = case
        when b.break_type in ('statement_missing', 'statement_incomplete') then 'statement_came'
        when exists (
            select
            from found_statement_breaks as f
            where (f.business_date, f.subject_id, f.break_type)
                = (b.business_date, b.subject_id, b.break_type)
        ) then 'later_statement_agrees'
        when exists (
            select
            from settlement.statements as s
            where (s.custodian_id, s.account, s.statement_kind, s.as_of_date)
                = (t.custodian_id, t.account, t.statement_kind, b.business_date)
              and s.version > 1
              and s.completed_at is not null
        ) then 'statement_restated'
        else 'books_corrected'
    end
from touched_accounts as t
where b.subject_kind = 'STATEMENT'
  and b.status = 'OPEN'
  and split_part(b.subject_id, '|', 1) = t.custodian_id
  and split_part(b.subject_id, '|', 2) = t.account
  and split_part(b.subject_id, '|', 3) = t.statement_kind
  and (%(is_final)s or b.break_type not in ('statement_missing', 'statement_incomplete'))
  and b.break_type <> 'statement_told_twice'
  and not exists (
      select
      from found_statement_breaks as f
      where (f.business_date, f.subject_id, f.break_type)
          = (b.business_date, b.subject_id, b.break_type)
        and f.is_open
  );

select (select count(*) from touched_accounts) as rows_in, count(*) as rows_out
from found_statement_breaks;
