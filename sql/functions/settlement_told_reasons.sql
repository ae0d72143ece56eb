-- Why something fails, by the word of its depository.

create or replace function settlement.fail_reason_of(p_reason_code text) returns text
language sql stable as $$
    select min(reason) from reference.fail_reasons where iso_reason = p_reason_code
$$;
comment on function settlement.fail_reason_of(text) is
    'The reason of reference.fail_reasons for a depository''s code (LACK, MONY, CLAC, CMON); null for '
    'any other.';

create or replace function settlement.told_fail_reason(p_instruction_id bigint) returns text
language sql stable as $$
    select settlement.fail_reason_of(
        (
            select s.reason_code
            from settlement.statuses as s
            where s.instruction_reference = p_instruction_id::text
            order by s.status_at desc, s.status desc
            limit 1
        )
    )
$$;
comment on function settlement.told_fail_reason(bigint) is
    'Why an instruction fails, by what its depository said of it last; null where that is no reason.';
