-- purpose: find reports that no longer say what the database holds: records came after them, or an
--          earlier date that they open with, or a mark, has changed. Once for each version.
-- reads: report.outdated_dates, control.alert_findings
-- writes: control.alert_findings
-- rerun: append once, by date and version
-- parameters: as_of

insert into control.alert_findings (
    kind, finding_key, business_date, summary, next_step, found_at
)
select
    'report_outdated',
    concat_ws('/', o.business_date, o.version),
    o.business_date,
    format(
        'the report of %%s, version %%s: %%s',
        o.business_date,
        o.version,
        concat_ws(
            '; ',
            case
                when o.late_input_count > 0
                    then format('records came after it (batches: %%s)', o.late_input_count)
            end,
            case
                when cardinality(o.changed_dates) > 0
                    then format(
                        'it opens with positions of %%s, which changed since',
                        array_to_string(o.changed_dates[1:5], ', ')
                    )
            end,
            case
                when cardinality(o.changed_marks) > 0
                    then format(
                        'marks changed since: %%s', array_to_string(o.changed_marks[1:5], ', ')
                    )
            end
        )
    ),
    'close the date again, oldest first: ./posttrade close ' || o.business_date,
    %(as_of)s
from report.outdated_dates as o
on conflict (kind, finding_key) do nothing;

select
    (select count(*) from report.versions) as rows_in,
    (
        select count(*)
        from control.alert_findings
        where kind = 'report_outdated'
          and found_at = %(as_of)s
    ) as rows_out;
