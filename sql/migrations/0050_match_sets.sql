-- A date that nothing has compared yet is compared at once, and its matches are stored as what they
-- are: one set. A row for each of them would cost more than the whole comparison.

alter table recon.matches rename to single_matches;
alter table recon.single_matches rename constraint matches_pk to single_matches_pk;

do $$
declare
    partition_name text;
begin
    for partition_name in
        select c.relname
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'recon.single_matches'::regclass
    loop
        execute format(
            'alter table recon.%I rename to %I', partition_name, 'single_' || partition_name
        );
    end loop;
end
$$;

-- the few that a close has to look at one by one
create index single_matches_unusual on recon.single_matches (trade_id)
    where (execution_version, confirmation_version, pnl_snapshot_version)
        is distinct from (1, 1, 1);
comment on table recon.single_matches is
    'Matches stored trade by trade. All matches of a date: view recon.matches.';

create table recon.match_sets (
    business_date date not null,
    first_batch_id bigint not null,
    last_batch_id bigint not null,
    excluded_batch_ids bigint[] not null,
    excluded_source_ids text[] not null,
    run_id text not null,
    matched_at timestamptz not null,
    constraint match_sets_pk primary key (business_date),
    constraint match_sets_batches_ordered check (first_batch_id <= last_batch_id)
);
comment on table recon.match_sets is
    'Trades of a date that a close found to agree, all at once: every execution of version 1 from the '
    'batches first_batch_id to last_batch_id, whose trade has no row in recon.match_set_exceptions. '
    'The versions that agree are 1, 1 and 1.';
comment on column recon.match_sets.excluded_batch_ids is
    'Batches in that range that were not promoted when the date was compared.';
comment on column recon.match_sets.excluded_source_ids is
    'Sources that expect no other side: their trades match one by one.';

create table recon.match_set_exceptions (
    business_date date not null,
    trade_id text not null,
    constraint match_set_exceptions_pk primary key (business_date, trade_id)
);
comment on table recon.match_set_exceptions is
    'Trades that do not belong to the set of their date, or no longer: they were compared one by one.';
