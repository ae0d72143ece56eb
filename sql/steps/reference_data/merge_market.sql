-- purpose: bring the sources of marks in line with the loaded file.
-- reads: loaded_mark_sources (temporary)
-- writes: reference.mark_sources
-- rerun: upsert changed: rows that say the same stay untouched; a row that the file no longer has,
--        goes
-- parameters: none

merge into reference.mark_sources as t
using loaded_mark_sources as s
    on (t.source_id, t.asset_class, t.effective_from)
    = (s.source_id, s.asset_class, s.effective_from)
when matched and (t.priority, t.days_old_max, t.basis)
    is distinct from (s.priority, s.days_old_max, s.basis)
    then update set (priority, days_old_max, basis, recorded_at)
        = (s.priority, s.days_old_max, s.basis, now())
when not matched then insert (
    source_id, asset_class, effective_from, priority, days_old_max, basis
)
values (
    s.source_id, s.asset_class, s.effective_from, s.priority, s.days_old_max, s.basis
)
when not matched by source then delete;

select
    (select count(*) from loaded_mark_sources) as rows_in,
    (select count(*) from reference.mark_sources where recorded_at = now()) as rows_out;
