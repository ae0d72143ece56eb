-- Functions and views are laid anew only when their text changed: doing so needs locks that running
-- tasks would wait for.

create table control.laid_definitions (
    fingerprint text not null,
    laid_at timestamptz not null default now()
);
comment on table control.laid_definitions is
    'SHA-256 over the files of sql/functions and sql/views that stand in the database; the newest row '
    'counts.';
