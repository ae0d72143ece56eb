-- An alert has an end: people hear when what it told of is over. And the more often a kind comes, the
-- longer the pauses between its messages.

alter table control.alert_findings
    add column resolved_at timestamptz,
    add column resolution text,
    add constraint alert_findings_resolved_whole check ((resolved_at is null) = (resolution is null));
create index alert_findings_lasting on control.alert_findings (kind) where resolved_at is null;
comment on column control.alert_findings.resolved_at is
    'When the condition was seen to be over; null while it lasts, and for what has no end.';

alter table control.alerts
    add column repeat_number integer not null default 0,
    add column resolves_alert_id bigint,
    add constraint alerts_repeat_not_negative check (repeat_number >= 0),
    add constraint alerts_resolve_once unique (resolves_alert_id),
    add constraint alerts_resolves_fk foreign key (resolves_alert_id)
        references control.alerts (alert_id);
comment on column control.alerts.repeat_number is
    'How many messages of the kind came before it without a quiet time; each doubles the pause.';
comment on column control.alerts.resolves_alert_id is
    'The alert of which this one tells the end; null for an alert of its own.';
