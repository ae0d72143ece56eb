-- mark_overrides_YYYYMMDD.csv: every override of a mark that concerns the date, who asked, who
-- decided, and what it moves of the positions at the close.
copy (
    select
        business_date,
        override_id,
        state,
        mark_kind,
        report.neutralise(symbol) as symbol,
        tenor_days,
        mark_date,
        report.neutralise(currency) as currency,
        trim_scale(old_price) as old_price,
        report.neutralise(old_source) as old_source,
        trim_scale(override_price) as override_price,
        trim_scale(new_price) as new_price,
        trim_scale(close_price) as close_price,
        report.neutralise(reason) as reason,
        report.neutralise(made_by) as proposed_by,
        report.instant(made_at) as proposed_at,
        report.neutralise(decided_by) as decided_by,
        report.instant(decided_at) as decided_at,
        report.neutralise(decision_comment) as decision_comment,
        trim_scale(position_quantity) as position_quantity,
        trim_scale(moved_amount) as moved_amount,
        base_currency,
        trim_scale(round(moved_base_amount, 10)) as moved_base_amount
    from pack_overrides
    order by
        report.neutralise(symbol) collate "C",
        mark_kind collate "C",
        report.instant(made_at) collate "C",
        override_id
) to stdout with (format csv, header true, encoding 'UTF8')
