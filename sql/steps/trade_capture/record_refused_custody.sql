-- purpose: tell refused statuses and statement lines apart: the same content again is a duplicate,
--          other content a conflict.
-- reads: refused_settlement_statuses, refused_statement_lines (temporary), settlement.statuses,
--        settlement.statements, settlement.statement_lines
-- writes: landing.duplicates, settlement.record_conflicts, settlement.open_statuses
-- rerun: append once, by message
-- parameters: none

drop table if exists pg_temp.judged_custody;

create temporary table judged_custody on commit drop as
with refused as (
    select
        r.topic, r.partition, r.message_offset, r.feed, r.batch_id, r.business_date,
        'INSTRUCTION' as subject_kind,
        r.instruction_reference as subject_id,
        1 as version,
        to_jsonb(r) as content,
        to_jsonb(k) as kept
    from refused_settlement_statuses as r
    join settlement.statuses as k using (instruction_reference, status_at, status)
    union all
    select
        r.topic, r.partition, r.message_offset, r.feed, r.batch_id, r.business_date,
        'STATEMENT',
        concat_ws('|', s.custodian_id, s.account, s.statement_kind, s.statement_id),
        s.version,
        to_jsonb(r) || jsonb_build_object('entry_type', coalesce(r.entry_type, 'POSITION')),
        case when l.topic is null then to_jsonb(s) else to_jsonb(s) || to_jsonb(l) end
    from refused_statement_lines as r
    join settlement.statements as s using (custodian_id, statement_kind, statement_id, version)
    left join settlement.statement_lines as l
        using (custodian_id, statement_kind, statement_id, version, line_number)
)
select r.*, terms.kept_terms, terms.refused_terms
from refused as r
cross join lateral settlement.differing_terms(r.kept, r.content) as terms
-- a row that is refused because it is there already
where (r.kept -> 'topic', r.kept -> 'partition', r.kept -> 'message_offset')
    is distinct from (
        r.content -> 'topic', r.content -> 'partition', r.content -> 'message_offset'
    );

insert into landing.duplicates (
    topic, partition, message_offset, feed, batch_id, business_date, trade_id, version
)
select topic, partition, message_offset, feed, batch_id, business_date, subject_id, version
from judged_custody
where refused_terms is null
on conflict do nothing;

insert into settlement.record_conflicts (
    topic, partition, message_offset, feed, batch_id, business_date, subject_kind, subject_id,
    content, kept_terms, refused_terms, recorded_at
)
select
    topic, partition, message_offset, feed, batch_id, business_date, subject_kind, subject_id,
    content, kept_terms, refused_terms, now()
from judged_custody
where refused_terms is not null
on conflict do nothing;

insert into settlement.open_statuses as o (instruction_reference)
select distinct subject_id
from judged_custody
where refused_terms is not null
  and subject_kind = 'INSTRUCTION'
on conflict (instruction_reference) do update set is_new = true;

select
    (select count(*) from refused_settlement_statuses)
    + (select count(*) from refused_statement_lines) as rows_in,
    count(*) as rows_out
from judged_custody;
