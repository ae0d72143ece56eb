-- purpose: what our books say at the end of the days of the listed statements: the newest opening
--          holding, and what has settled since.
-- reads: listed_statements (temporary), reference.opening_holdings, settlement.accounts,
--        settlement.settled_flows
-- writes: book_balances (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.book_balances;

create temporary table book_balances on commit drop as
with asked as (
    select distinct
        account,
        statement_kind,
        case statement_kind when 'CASH' then 'CASH' else 'SECURITY' end as asset_kind,
        as_of_date
    from listed_statements
),
opened as (
    select distinct on (q.account, q.statement_kind, q.as_of_date, o.asset)
        q.account,
        q.statement_kind,
        q.as_of_date,
        o.asset,
        o.effective_from,
        o.quantity as amount
    from asked as q
    join reference.opening_holdings as o
        on o.account = q.account
        and o.asset_kind = q.asset_kind
        and o.effective_from <= q.as_of_date
    order by q.account, q.statement_kind, q.as_of_date, o.asset, o.effective_from desc
),
moved as (
    select
        q.account,
        q.statement_kind,
        q.as_of_date,
        f.asset,
        sum(f.amount) as amount
    from asked as q
    join settlement.accounts as a
        on a.account_kind = 'HOUSE'
        and a.account_name = q.account
    join settlement.settled_flows as f
        on f.account_id = a.account_id
        and f.asset_kind = q.asset_kind
        and f.effective_on <= q.as_of_date
    left join opened as o
        on (o.account, o.statement_kind, o.as_of_date, o.asset)
        = (q.account, q.statement_kind, q.as_of_date, f.asset)
    where f.effective_on >= coalesce(o.effective_from, '-infinity')
    group by q.account, q.statement_kind, q.as_of_date, f.asset
)
select
    account,
    statement_kind,
    as_of_date,
    asset,
    coalesce(o.amount, 0) + coalesce(m.amount, 0) as amount
from opened as o
full join moved as m using (account, statement_kind, as_of_date, asset);

analyze book_balances;

select
    (select count(*) from listed_statements) as rows_in,
    (select count(*) from book_balances) as rows_out;
