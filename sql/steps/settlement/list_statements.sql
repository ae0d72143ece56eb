-- purpose: list the accounts whose statements are looked at, and their statements from the first
--          day on that has to be compared: new ones; in the cycle also those of the last week, and
--          from the first break that is open.
-- reads: settlement.statements, settlement.current_statements, settlement.breaks,
--        settlement.record_conflicts, reference.custodian_accounts
-- writes: touched_accounts, listed_statements (temporary)
-- rerun: replaces the temporary tables
-- parameters: is_final, effective_on

drop table if exists pg_temp.touched_accounts, pg_temp.listed_statements;

create temporary table touched_accounts on commit drop as
with touching (custodian_id, account, statement_kind, as_of_date) as (
    select custodian_id, account, statement_kind, as_of_date
    from settlement.statements
    where compared_at is null
      and (completed_at is not null or %(is_final)s)
    union all
    select custodian_id, account, statement_kind, as_of_date
    from settlement.statements
    where %(is_final)s
      and as_of_date >= %(effective_on)s::date - 7
    union all
    select
        split_part(subject_id, '|', 1), split_part(subject_id, '|', 2),
        split_part(subject_id, '|', 3), business_date
    from settlement.record_conflicts
    where %(is_final)s
      and subject_kind = 'STATEMENT'
      and business_date >= %(effective_on)s::date - 7
    union all
    select custodian_id, account, statement_kind, %(effective_on)s::date - 7
    from reference.custodian_accounts
    where %(is_final)s
      and effective_from <= %(effective_on)s
),
touched as (
    select custodian_id, account, statement_kind, min(as_of_date) as from_date
    from touching
    group by custodian_id, account, statement_kind
),
broken as (
    select
        split_part(subject_id, '|', 1) as custodian_id,
        split_part(subject_id, '|', 2) as account,
        split_part(subject_id, '|', 3) as statement_kind,
        min(business_date) as from_date
    from settlement.breaks
    where subject_kind = 'STATEMENT'
      and status = 'OPEN'
    group by 1, 2, 3
)
select
    custodian_id,
    account,
    statement_kind,
    least(t.from_date, b.from_date) as from_date
from touched as t
full join broken as b using (custodian_id, account, statement_kind)
where t.from_date is not null or %(is_final)s;

analyze touched_accounts;

create temporary table listed_statements on commit drop as
select s.*
from settlement.current_statements as s
join touched_accounts as t using (custodian_id, account, statement_kind)
where s.as_of_date >= t.from_date;

analyze listed_statements;

select
    (select count(*) from touched_accounts) as rows_in,
    (select count(*) from listed_statements) as rows_out;
