select
    (select count(*) from settlement.instructions where subject_id <> 'EARLIER'),
    (
        select count(*)
        from settlement.instructions as i
        join settlement.events as e using (settlement_date, instruction_id)
        where i.subject_id <> 'EARLIER'
          and e.to_state = 'SETTLED'
          and e.quantity = i.quantity
          and e.amount = i.amount
    ),
    (
        select count(*)
        from (
            select asset
            from settlement.ledger_entries
            group by asset
            having sum(amount) <> 0
        ) as wrong
    )
