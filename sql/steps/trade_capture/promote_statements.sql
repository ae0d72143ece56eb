-- purpose: note which statements the staged lines belong to: account, day and number of lines are
--          those of the first line that came.
-- reads: staging.statement_lines
-- writes: settlement.statements, incoming_lines (temporary)
-- rerun: append once: a statement that is there stays
-- parameters: batch_ids

drop table if exists pg_temp.incoming_lines;

create temporary table incoming_lines on commit drop as
select
    *,
    case feed when 'custodian_cash' then 'CASH' else 'POSITION' end as statement_kind,
    business_date as as_of_date
from staging.statement_lines
where batch_id = any(%(batch_ids)s::bigint[]);

analyze incoming_lines;

insert into settlement.statements (
    custodian_id, statement_kind, statement_id, version, account, as_of_date, statement_number,
    line_count, recorded_at
)
select distinct on (custodian_id, statement_kind, statement_id, version)
    custodian_id,
    statement_kind,
    statement_id,
    version,
    account,
    as_of_date,
    statement_number,
    line_count,
    now()
from incoming_lines
order by custodian_id, statement_kind, statement_id, version, line_number, batch_id, message_offset
on conflict (custodian_id, statement_kind, statement_id, version) do nothing;

select
    count(*) as rows_in,
    count(distinct (custodian_id, statement_kind, statement_id, version)) as rows_out
from incoming_lines;
