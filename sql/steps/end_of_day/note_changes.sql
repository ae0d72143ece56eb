-- purpose: note that the date closes with other positions, marks or rates than its last close told:
--          the packs of all later dates open with them.
-- reads: books.closing_positions, books.close_marks, books.close_rates, books.updates
-- writes: books.flow_changes
-- rerun: append once for each update
-- parameters: business_date, run_id, update_id

insert into books.flow_changes (business_date, run_id, update_id)
select %(business_date)s, %(run_id)s, %(update_id)s
where exists (
    select
    from books.closing_positions as c
    where c.business_date <= %(business_date)s
      and c.update_id > coalesce(
          (
              select max(u.update_id)
              from books.updates as u
              where u.business_date = %(business_date)s and u.update_id < %(update_id)s
          ),
          0
      )
)
or exists (
    select
    from books.close_marks
    where business_date = %(business_date)s and update_id = %(update_id)s
)
or exists (
    select
    from books.close_rates
    where business_date = %(business_date)s and update_id = %(update_id)s
)
on conflict (business_date, update_id) do nothing;

select 1 as rows_in, 1 as rows_out;
