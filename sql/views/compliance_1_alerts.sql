-- Alerts as they stand, what each rule could not check, and the most unusual trades of a date.

create or replace view compliance.current_alerts as
select
    a.alert_id,
    a.business_date,
    a.rule,
    a.severity,
    a.subject_kind,
    a.subject_id,
    a.symbol,
    a.account,
    a.counterparty_id,
    coalesce(last.to_state, 'OPEN') as state,
    coalesce(stated.evidence, a.evidence) as evidence,
    a.evidence as first_evidence,
    a.closing_needs_second_person,
    a.run_id,
    a.opened_at,
    decided.actor as disposed_by,
    decided.occurred_at as disposed_at,
    decided.reason as disposition_reason,
    coalesce(stated.sequence > decided.sequence, false) as is_restated_since,
    case last.to_state when 'WITHDRAWN' then last.reason end as withdrawn_reason
from compliance.alerts as a
left join lateral (
    select e.to_state, e.reason
    from compliance.alert_events as e
    where e.alert_id = a.alert_id
    order by e.sequence desc
    limit 1
) as last on true
left join lateral (
    select e.sequence, e.evidence
    from compliance.alert_events as e
    where e.alert_id = a.alert_id
      and e.evidence is not null
    order by e.sequence desc
    limit 1
) as stated on true
left join lateral (
    select e.sequence, e.actor, e.occurred_at, e.reason
    from compliance.alert_events as e
    where e.alert_id = a.alert_id
      and e.event = 'DISPOSED'
    order by e.sequence desc
    limit 1
) as decided on true;
comment on view compliance.current_alerts is
    'One row per alert: its state, its newest evidence, and the last decision of a person. '
    'is_restated_since: found with other values after that decision.';

create or replace view report.compliance_alerts as
select
    a.business_date,
    a.rule,
    a.severity,
    a.alert_id,
    a.subject_kind,
    a.subject_id,
    a.symbol,
    a.account,
    a.counterparty_id,
    a.state,
    a.evidence,
    a.disposed_by,
    a.disposed_at,
    a.disposition_reason,
    a.is_restated_since,
    a.withdrawn_reason,
    r.source as rule_source,
    row_number() over (
        partition by a.business_date
        order by
            a.state in ('OPEN', 'ESCALATED') desc,
            array_position(array['HIGH', 'MEDIUM', 'LOW'], a.severity),
            a.rule,
            a.subject_id collate "C"
    ) as place
from compliance.current_alerts as a
left join lateral (
    select c.source
    from reference.compliance_rules as c
    where c.rule = a.rule
      and c.effective_from <= a.business_date
    order by c.effective_from desc
    limit 1
) as r on true;
comment on view report.compliance_alerts is
    'Alerts of a date with their disposition, in the order in which they should be read (place).';

create or replace view report.compliance_coverage as
select
    business_date,
    rule,
    outcome,
    subject_count,
    -- of identifiers the scheme stands before it: isin_checked; a ranking scores
    outcome in ('checked', 'scored') or outcome like '%\_checked' as is_checked
from compliance.coverage;
comment on view report.compliance_coverage is
    'How many subjects each rule of a date checked (is_checked), and why it did not check the others '
    '(outcome).';

create or replace view report.top_anomalies as
select
    business_date,
    rank,
    trade_id,
    version,
    score,
    is_flagged,
    components,
    symbol,
    account,
    counterparty_id,
    side,
    quantity,
    price,
    currency,
    executed_at
from compliance.anomalies;
comment on view report.top_anomalies is
    'The most unusual trades of a date: rank 1 first. components: per component score z, value, median, '
    'mad, points; an unscored component is left out. Ranks and explains; blocks nothing.';
