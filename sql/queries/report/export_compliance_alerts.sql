-- compliance_alerts_YYYYMMDD.csv: every alert of the date with its evidence and what became of it.
copy (
    select
        business_date,
        alert_id,
        rule,
        severity,
        subject_kind,
        report.neutralise(subject_id) as subject_id,
        report.neutralise(symbol) as symbol,
        report.neutralise(account) as account,
        report.neutralise(counterparty_id) as counterparty_id,
        state,
        report.neutralise(evidence::text) as evidence,
        report.neutralise(disposed_by) as disposed_by,
        report.instant(disposed_at) as disposed_at,
        report.neutralise(disposition_reason) as disposition_reason,
        is_restated_since,
        report.neutralise(withdrawn_reason) as withdrawn_reason,
        report.neutralise(rule_source) as rule_source
    from report.compliance_alerts
    where business_date = %(business_date)s
    order by
        rule collate "C", subject_kind collate "C", report.neutralise(subject_id) collate "C", alert_id
) to stdout with (format csv, header true, encoding 'UTF8')
