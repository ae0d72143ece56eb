-- purpose: accept the staged lines of statements that say of their statement what its first line
--          said; the first of a number stays. A statement whose lines are all in is complete.
-- reads: incoming_lines (temporary)
-- writes: settlement.statement_lines, settlement.statements, refused_statement_lines (temporary)
-- rerun: append once: a row that is there stays, and what it refuses is found again
-- parameters: none

drop table if exists pg_temp.refused_statement_lines;

create temporary table refused_statement_lines (like incoming_lines) on commit drop;

with accepted as (
    insert into settlement.statement_lines (
        custodian_id, statement_kind, statement_id, version, line_number, entry_type, asset,
        amount, entry_reference, business_date, flags, batch_id, topic, partition,
        message_offset, message_at, recorded_at
    )
    select
        i.custodian_id,
        i.statement_kind,
        i.statement_id,
        i.version,
        i.line_number,
        coalesce(i.entry_type, 'POSITION'),
        i.asset,
        i.amount,
        i.entry_reference,
        i.as_of_date,
        i.flags,
        i.batch_id,
        i.topic,
        i.partition,
        i.message_offset,
        i.message_at,
        now()
    from incoming_lines as i
    join settlement.statements as s
        using (custodian_id, statement_kind, statement_id, version)
    where (i.account, i.as_of_date, i.line_count, i.statement_number)
        is not distinct from (s.account, s.as_of_date, s.line_count, s.statement_number)
    order by i.custodian_id, i.statement_kind, i.statement_id, i.version, i.line_number,
        i.batch_id, i.topic, i.partition, i.message_offset
    on conflict do nothing
    returning topic, partition, message_offset
)
insert into refused_statement_lines
select i.*
from incoming_lines as i
where not exists (
    select
    from accepted as a
    where (a.topic, a.partition, a.message_offset) = (i.topic, i.partition, i.message_offset)
);

update settlement.statements as s
set completed_at = now()
where s.completed_at is null
  and (s.custodian_id, s.statement_kind, s.statement_id, s.version) in (
      select custodian_id, statement_kind, statement_id, version
      from incoming_lines
  )
  and s.line_count = (
      select count(*)
      from settlement.statement_lines as l
      where (l.custodian_id, l.statement_kind, l.statement_id, l.version)
          = (s.custodian_id, s.statement_kind, s.statement_id, s.version)
  );

select
    count(*) as rows_in,
    count(*) - (select count(*) from refused_statement_lines) as rows_out
from incoming_lines;
