-- Views hold no data and are laid anew at every migration. They are dropped first, because a view that
-- is there can neither lose nor rename a column, and none can lean on a function that is laid anew. All
-- of it is one transaction.

do $$
declare
    view_names text[] := (
        select coalesce(array_agg(format('%I.%I', schemaname, viewname)), '{}')
        from pg_views
        where schemaname in (
            'landing', 'staging', 'trade', 'recon', 'books', 'market', 'risk', 'quality', 'control',
            'report', 'reference', 'outbox', 'settlement', 'compliance'
        )
    );
    view_name text;
begin
    foreach view_name in array view_names
    loop
        execute format('drop view if exists %s cascade', view_name);
    end loop;
end
$$;
