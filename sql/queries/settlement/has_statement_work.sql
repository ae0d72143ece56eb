-- Whether a statement is complete that was not compared yet.
select exists (
    select
    from settlement.statements
    where compared_at is null
      and completed_at is not null
)
