-- The statement that counts for an account and day, what it differs in, and how that rolls forward.

create or replace view settlement.current_statements as
select
    c.*,
    row_number() over account as ordinal,
    lead(c.as_of_date) over account is null as is_newest,
    lag(c.statement_id) over account as previous_id,
    lag(c.version) over account as previous_version,
    lag(c.as_of_date) over account as previous_as_of_date,
    lag(c.statement_number) over account as previous_number
from (
    select distinct on (s.custodian_id, s.statement_kind, s.account, s.as_of_date) s.*
    from (
        select
            a.*,
            min(a.recorded_at) over (
                partition by a.custodian_id, a.statement_kind, a.statement_id
            ) as first_recorded_at
        from settlement.statements as a
        where a.completed_at is not null
    ) as s
    order by s.custodian_id, s.statement_kind, s.account, s.as_of_date, s.first_recorded_at,
        s.statement_id, s.version desc
) as c
window account as (
    partition by c.custodian_id, c.statement_kind, c.account order by c.as_of_date
);
comment on view settlement.current_statements is
    'Of each account and day the newest version of the statement, once it is complete; of several '
    'statements the one that came first. With its place among the account''s, and its predecessor.';

create or replace view report.statement_differences as
select
    d.as_of_date,
    d.custodian_id,
    d.account,
    d.statement_kind,
    d.asset,
    case
        when d.book_amount is null then 'only_at_custodian'
        when d.custodian_amount is null then 'only_in_books'
        else 'amount_differs'
    end as difference,
    d.book_amount,
    d.custodian_amount,
    d.delta,
    d.statement_id,
    d.version
from settlement.statement_differences as d;
comment on view report.statement_differences is
    'Each position and cash amount in which a statement differs from our books at the end of its day.';

create or replace view report.statement_roll_forward as
select
    s.custodian_id,
    s.account,
    s.statement_kind,
    s.as_of_date,
    s.statement_id,
    s.version,
    count(p.asset) as opening_count,
    count(d.asset) filter (where p.asset is null) as new_count,
    count(p.asset) filter (where d.asset is null) as closed_count,
    count(d.asset) as closing_count
from settlement.current_statements as s
left join (
    settlement.statement_differences as d
    full join (
        select n.custodian_id, n.statement_kind, n.account, n.as_of_date, x.asset
        from settlement.current_statements as n
        join settlement.statement_differences as x
            on (x.custodian_id, x.statement_kind, x.account, x.as_of_date)
            = (n.custodian_id, n.statement_kind, n.account, n.previous_as_of_date)
    ) as p using (custodian_id, statement_kind, account, as_of_date, asset)
) using (custodian_id, statement_kind, account, as_of_date)
group by 1, 2, 3, 4, 5, 6;
comment on view report.statement_roll_forward is
    'Of each statement: differences that its predecessor had, new and closed ones, and those it has: '
    'opening + new - closed = closing.';
