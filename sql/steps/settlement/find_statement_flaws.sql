-- purpose: say what is wrong with the listed statements by themselves: sums that do not add up, an
--          opening that is not the closing before, a second statement of the same day, a line told
--          twice in other terms.
-- reads: listed_statements, touched_accounts (temporary), settlement.statements,
--        settlement.statement_lines, settlement.record_conflicts
-- writes: found_statement_breaks (temporary)
-- rerun: replaces in the temporary table what it added
-- parameters: none

delete from found_statement_breaks
where break_type not in ('position_break', 'cash_break');

insert into found_statement_breaks
with balances as (
    select
        s.custodian_id, s.account, s.statement_kind, s.as_of_date, s.statement_id, l.asset,
        sum(l.amount) filter (where l.entry_type = 'OPENING') as opened,
        coalesce(sum(l.amount) filter (where l.entry_type = 'MOVEMENT'), 0) as moved,
        sum(l.amount) filter (where l.entry_type = 'CLOSING') as closed,
        count(*) filter (where l.entry_type <> 'MOVEMENT') as balance_count,
        (
            select p.amount
            from settlement.statement_lines as p
            where (p.custodian_id, p.statement_kind, p.statement_id, p.version)
                = (s.custodian_id, s.statement_kind, s.previous_id, s.previous_version)
              and p.asset = l.asset
              and p.entry_type = 'CLOSING'
            limit 1
        ) as closed_before
    from listed_statements as s
    join settlement.statement_lines as l
        using (custodian_id, statement_kind, statement_id, version)
    where s.statement_kind = 'CASH'
    group by 1, 2, 3, 4, 5, 6, s.previous_id, s.previous_version
),
flaws as (
    select
        custodian_id, account, statement_kind, as_of_date, asset as detail,
        'statement_not_balanced' as break_type, trim_scale(opened + moved)::text as expected,
        trim_scale(closed)::text as actual, closed - opened - moved as delta, asset as currency
    from balances
    where balance_count <> 2 or opened + moved is distinct from closed
    union all
    select
        custodian_id, account, statement_kind, as_of_date, asset, 'statement_does_not_continue',
        trim_scale(closed_before)::text, trim_scale(opened)::text, opened - closed_before, asset
    from balances
    where opened <> closed_before
    union all
    select
        custodian_id, account, statement_kind, as_of_date, s.statement_id, 'statement_doubled',
        min(c.statement_id), s.statement_id, null, null
    from listed_statements as c
    join settlement.statements as s using (custodian_id, statement_kind, account, as_of_date)
    where s.statement_id <> c.statement_id
    group by 1, 2, 3, 4, 5
    union all
    select
        t.custodian_id, t.account, t.statement_kind, c.business_date,
        split_part(c.subject_id, '|', 4), 'statement_told_twice', min(c.kept_terms),
        min(c.refused_terms), null, null
    from touched_accounts as t
    join settlement.record_conflicts as c
        on c.subject_kind = 'STATEMENT'
        and starts_with(c.subject_id, concat_ws('|', t.custodian_id, t.account, t.statement_kind))
    group by 1, 2, 3, 4, 5
)
select
    custodian_id, account, statement_kind, as_of_date,
    concat_ws('|', custodian_id, account, statement_kind, detail), break_type, true,
    coalesce(expected, 'none'), coalesce(actual, 'none'), delta, currency, null
from flaws;

select count(*) as rows_in, count(*) filter (where break_type like 'statement%%') as rows_out
from found_statement_breaks;
