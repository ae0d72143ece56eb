-- What retention took of the raw messages, counted when it was taken: a date closed again years later
-- still shows that its offsets and its messages agree.

create table landing.dropped_ranges (
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_count bigint not null,
    received_on date not null,
    dropped_at timestamptz not null default now(),
    constraint dropped_ranges_pk primary key (batch_id, topic, partition)
);
comment on table landing.dropped_ranges is
    'Raw messages that housekeeping dropped, by the range they came in. Append-only.';
create trigger dropped_ranges_append_only before update or delete on landing.dropped_ranges
    for each row execute function control.refuse_change();

-- Alerts are few and stay: what was told to whom is part of the record.
delete from reference.retention_policies where subject = 'control.alerts';
alter table reference.retention_policies
    drop constraint retention_policies_subject_known,
    add constraint retention_policies_subject_known check (
        subject in (
            'landing.messages', 'staging', 'quality.results', 'control.step_runs',
            'outbox.messages', 'airflow'
        )
    );
