-- Whether a status came that was not looked at yet.
select exists (select from settlement.open_statuses where is_new)
