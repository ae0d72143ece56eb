-- Packs that have to be made anew.

create or replace view report.outdated_dates as
with newest as (
    select business_date, max(version) as version
    from report.versions
    group by business_date
),
compared as (
    select
        n.business_date,
        n.version,
        case
            when c.input_count is null then 0
            else (
                select count(*)
                from control.received_counts as r
                where r.business_date = n.business_date
            ) - c.input_count
        end as late_input_count,
        array(
            -- those that the rendering did not see
            select distinct later.business_date
            from (
                select f.business_date
                from books.flow_changes as f
                where f.business_date < n.business_date
                order by f.change_id
                offset c.earlier_change_count
            ) as later
            order by later.business_date
        ) as changed_dates
    from newest as n
    join control.closes as c on c.business_date = n.business_date
)
select business_date, version, late_input_count, changed_dates
from compared
where late_input_count > 0 or cardinality(changed_dates) > 0;
comment on view report.outdated_dates is
    'Dates to close again. late_input_count: batches that brought records, or took some away, '
    'after the date was closed. changed_dates: earlier dates whose flows changed after the pack '
    'was made, so that it opens with other positions than they close with.';
