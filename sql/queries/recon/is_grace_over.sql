-- Whether a trade waits for records that are overdue.
select exists (select from recon.pending where due_at <= now())
