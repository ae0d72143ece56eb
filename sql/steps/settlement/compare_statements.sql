-- purpose: compare the listed statements with our books, and keep what differs.
-- reads: touched_accounts, listed_statements, book_balances (temporary),
--        settlement.statement_lines, reference.instruments
-- writes: settlement.statement_differences, settlement.statements
-- rerun: replaces the differences of the listed statements
-- parameters: as_of

delete from settlement.statement_differences as d
using touched_accounts as t
where (d.custodian_id, d.account, d.statement_kind)
    = (t.custodian_id, t.account, t.statement_kind)
  and d.as_of_date >= t.from_date;

with stated as (
    select
        s.custodian_id,
        s.statement_kind,
        s.account,
        s.as_of_date,
        coalesce(i.symbol, l.asset) as asset,
        sum(l.amount) as amount
    from listed_statements as s
    join settlement.statement_lines as l
        using (custodian_id, statement_kind, statement_id, version)
    left join (
        select isin, min(symbol) as symbol
        from reference.instruments
        group by isin
    ) as i on i.isin = l.asset and s.statement_kind = 'POSITION'
    where l.entry_type in ('POSITION', 'CLOSING')
      and l.asset is not null
    group by 1, 2, 3, 4, 5
),
booked as (
    select
        s.custodian_id,
        s.statement_kind,
        s.account,
        s.as_of_date,
        b.asset,
        b.amount
    from listed_statements as s
    join book_balances as b using (account, statement_kind, as_of_date)
    where b.amount <> 0
)
insert into settlement.statement_differences (
    custodian_id, statement_kind, account, as_of_date, asset, statement_id, version, book_amount,
    custodian_amount, delta
)
select
    custodian_id,
    statement_kind,
    account,
    as_of_date,
    asset,
    s.statement_id,
    s.version,
    b.amount,
    c.amount,
    coalesce(c.amount, 0) - coalesce(b.amount, 0)
from stated as c
full join booked as b using (custodian_id, statement_kind, account, as_of_date, asset)
join listed_statements as s using (custodian_id, statement_kind, account, as_of_date)
where coalesce(c.amount, 0) <> coalesce(b.amount, 0);

update settlement.statements as s
set compared_at = %(as_of)s
from listed_statements as l
where (s.custodian_id, s.statement_kind, s.statement_id)
    = (l.custodian_id, l.statement_kind, l.statement_id)
  and s.version <= l.version
  and s.completed_at is not null
  and s.compared_at is null;

select (select count(*) from listed_statements) as rows_in, count(*) as rows_out
from settlement.statement_differences as d
join listed_statements as s using (custodian_id, statement_kind, account, as_of_date);
