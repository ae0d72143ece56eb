-- purpose: say of the listed accounts what breaks their differences are: the same position or
--          currency on statements that follow one another is one break, from its first day on.
-- reads: touched_accounts (temporary), settlement.current_statements,
--        settlement.statement_differences
-- writes: found_statement_breaks (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.found_statement_breaks;

create temporary table found_statement_breaks on commit drop as
with placed as (
    select
        d.*,
        s.is_newest,
        -- the same for all of a run of statements without a gap
        s.ordinal - row_number() over (
            partition by d.custodian_id, d.account, d.statement_kind, d.asset order by s.ordinal
        ) as island
    from touched_accounts as t
    join settlement.current_statements as s using (custodian_id, account, statement_kind)
    join settlement.statement_differences as d
        using (custodian_id, account, statement_kind, as_of_date)
)
select
    custodian_id,
    account,
    statement_kind,
    min(as_of_date) as business_date,
    concat_ws('|', custodian_id, account, statement_kind, asset) as subject_id,
    case statement_kind when 'CASH' then 'cash_break' else 'position_break' end as break_type,
    bool_or(is_newest) as is_open,
    coalesce(
        trim_scale((array_agg(book_amount order by as_of_date desc))[1])::text, 'none'
    ) as expected_value,
    coalesce(
        trim_scale((array_agg(custodian_amount order by as_of_date desc))[1])::text, 'none'
    ) as actual_value,
    (array_agg(delta order by as_of_date desc))[1] as delta,
    case statement_kind when 'CASH' then asset end as currency,
    case statement_kind when 'POSITION' then asset end as symbol
from placed
group by custodian_id, account, statement_kind, asset, island;

select
    (select count(*) from touched_accounts) as rows_in,
    (select count(*) from found_statement_breaks) as rows_out;
