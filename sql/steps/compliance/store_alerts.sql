-- purpose: open an alert for what was found and is not known. Of known ones: found again with other
--          values: restated, or opened again when it was withdrawn; found no longer while open or
--          escalated: withdrawn, with the reason. What a person closed stays closed.
-- reads: found_alerts (temporary), reference.compliance_rules; by
--        compliance.explain_withdrawal also trade.executions
-- writes: compliance.alerts, compliance.alert_events
-- rerun: append once: the same findings append nothing
-- parameters: business_date, run_id, as_of, actor

with rules as (
    select distinct on (rule) rule, severity, closing_needs_second_person
    from reference.compliance_rules
    where effective_from <= %(business_date)s
    order by rule, effective_from desc
)
insert into compliance.alerts (
    business_date, rule, subject_kind, subject_id, symbol, account, counterparty_id, severity,
    closing_needs_second_person, evidence, run_id, opened_at
)
select
    %(business_date)s, f.rule, f.subject_kind, f.subject_id, f.symbol, f.account, f.counterparty_id,
    r.severity, r.closing_needs_second_person, f.evidence, %(run_id)s, %(as_of)s
from found_alerts as f
left join rules as r using (rule)
on conflict on constraint alerts_subject_key do nothing;

with known as (
    select
        a.alert_id, a.rule, a.subject_kind, a.subject_id,
        coalesce(last.to_state, 'OPEN') as state, coalesce(last.sequence, 0) as sequence,
        coalesce(stated.evidence, a.evidence) as evidence
    from compliance.alerts as a
    left join lateral (
        select e.to_state, e.sequence
        from compliance.alert_events as e
        where e.alert_id = a.alert_id
        order by e.sequence desc
        limit 1
    ) as last on true
    left join lateral (
        select e.evidence
        from compliance.alert_events as e
        where e.alert_id = a.alert_id
          and e.evidence is not null
        order by e.sequence desc
        limit 1
    ) as stated on true
    where a.business_date = %(business_date)s
),
judged as (
    select
        k.*, f.evidence as found_evidence,
        case
            when f.rule is null and k.state in ('OPEN', 'ESCALATED') then 'WITHDRAWN'
            when f.rule is not null and k.state = 'WITHDRAWN' then 'REOPENED'
            when f.evidence <> k.evidence and k.state <> 'WITHDRAWN' then 'RESTATED'
        end as event
    from known as k
    left join found_alerts as f using (rule, subject_kind, subject_id)
)
insert into compliance.alert_events (
    alert_id, sequence, event, from_state, to_state, actor, reason, evidence, run_id, occurred_at
)
select
    j.alert_id, j.sequence + 1, j.event, j.state,
    case j.event when 'WITHDRAWN' then 'WITHDRAWN' when 'REOPENED' then 'OPEN' else j.state end,
    %(actor)s,
    case j.event
        when 'REOPENED' then 'found_again'
        when 'RESTATED' then 'found_with_other_values'
        else compliance.explain_withdrawal(%(business_date)s, j.subject_id, j.evidence)
    end,
    j.found_evidence, %(run_id)s, %(as_of)s
from judged as j
where j.event is not null;

select
    (select count(*) from found_alerts) as rows_in,
    (select count(*) from compliance.alerts where business_date = %(business_date)s) as rows_out;
