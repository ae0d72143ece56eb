-- What a close was made of, so that anything that comes later is noticed: by the next step of the same
-- close, and by whoever looks at a pack after it. Both are counts of append-only rows, which only grow:
-- no clock decides what came before what.

alter table control.closes
    add column input_count bigint,
    add column earlier_change_count bigint;
comment on column control.closes.input_count is
    'Rows of control.received_counts that the date had when its figures were made: more of them now '
    'means that records came after.';
comment on column control.closes.earlier_change_count is
    'Rows of books.flow_changes of earlier dates that the newest rendering of the pack saw: more of '
    'them now means that it opens with positions that have changed since.';

create table books.flow_changes (
    change_id bigint generated always as identity constraint flow_changes_pk primary key,
    business_date date not null,
    run_id text not null,
    changed_at timestamptz not null default clock_timestamp()
);
create index flow_changes_by_date on books.flow_changes (business_date);
comment on table books.flow_changes is
    'Each time a close gave a date other flows than it had before: the packs of all later dates open '
    'with their sum. Append-only.';
create trigger flow_changes_append_only before update or delete on books.flow_changes
    for each row execute function control.refuse_change();

create table report.lost_files (
    business_date date not null,
    version integer not null,
    file_name text not null,
    content_hash text not null,
    run_id text not null,
    noted_at timestamptz not null default now(),
    constraint lost_files_pk primary key (business_date, version, file_name),
    constraint lost_files_version_fk foreign key (business_date, version)
        references report.versions (business_date, version)
);
comment on table report.lost_files is
    'Files of published versions that are gone and that a person decided to go on without. Their hash '
    'stays, so that a copy that turns up can be proven. Append-only.';
create trigger lost_files_append_only before update or delete on report.lost_files
    for each row execute function control.refuse_change();
