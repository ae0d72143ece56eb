-- purpose: say which statements lack: days for which one is expected, gaps in the custodian's
--          numbers, lines that did not come. Judged in the cycle only, when all had time to come.
-- reads: listed_statements, touched_accounts (temporary), settlement.statements,
--        settlement.statement_lines, reference.custodian_accounts, reference.calendar_days
-- writes: found_statement_breaks (temporary)
-- rerun: replaces in the temporary table what it added
-- parameters: effective_on

delete from found_statement_breaks
where break_type in ('statement_missing', 'statement_incomplete');

insert into found_statement_breaks
with flaws as (
    -- rows of the reference that overlap expect the same statement
    select distinct
        t.custodian_id, t.account, t.statement_kind, d.calendar_date as as_of_date,
        'expected' as detail, 'statement_missing' as break_type,
        'a statement of the day' as expected, 'none' as actual
    from touched_accounts as t
    join reference.custodian_accounts as c using (custodian_id, account, statement_kind)
    join reference.calendar_days as d
        on d.calendar_id = c.calendar_id
        and d.is_business_day
        and d.calendar_date >= greatest(t.from_date, c.effective_from)
        and d.calendar_date < least(%(effective_on)s::date, c.effective_until)
    where not exists (
        select
        from listed_statements as s
        where (s.custodian_id, s.account, s.statement_kind, s.as_of_date)
            = (t.custodian_id, t.account, t.statement_kind, d.calendar_date)
    )
    union all
    select
        custodian_id, account, statement_kind, as_of_date, 'numbers', 'statement_missing',
        'number ' || (previous_number + 1), 'number ' || statement_number
    from listed_statements
    where statement_number > previous_number + 1
    union all
    select
        s.custodian_id, s.account, s.statement_kind, s.as_of_date, s.statement_id,
        'statement_incomplete', s.line_count || ' lines', (
            select count(*)
            from settlement.statement_lines as l
            where (l.custodian_id, l.statement_kind, l.statement_id, l.version)
                = (s.custodian_id, s.statement_kind, s.statement_id, s.version)
        ) || ' lines'
    from touched_accounts as t
    join settlement.statements as s using (custodian_id, account, statement_kind)
    where s.completed_at is null
      and not exists (
          select
          from settlement.statements as l
          where (l.custodian_id, l.statement_kind, l.statement_id)
              = (s.custodian_id, s.statement_kind, s.statement_id)
            and l.version > s.version
      )
)
select
    custodian_id, account, statement_kind, as_of_date,
    concat_ws('|', custodian_id, account, statement_kind, detail), break_type, true, expected,
    actual, null, null, null
from flaws;

select
    count(*) as rows_in,
    count(*) filter (where break_type in ('statement_missing', 'statement_incomplete')) as rows_out
from found_statement_breaks;
