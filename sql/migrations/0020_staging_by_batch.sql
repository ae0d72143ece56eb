-- Staging is found by its batch only, and each row's place is unique already by landing.messages, which
-- is written in the same transaction: three wide keys less to keep while the drain copies.

alter table staging.executions drop constraint staged_executions_pk;
alter table staging.confirmations drop constraint staged_confirmations_pk;
alter table staging.pnl_snapshots drop constraint staged_pnl_snapshots_pk;
create index staged_executions_by_batch on staging.executions (batch_id);
create index staged_confirmations_by_batch on staging.confirmations (batch_id);
create index staged_pnl_snapshots_by_batch on staging.pnl_snapshots (batch_id);
