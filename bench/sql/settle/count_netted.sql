select
    (select count(*) from settlement.instructions where purpose = 'TRADE'),
    (select count(*) from settlement.netted_instructions),
    (
        select count(*)
        from settlement.unequal_nets
    ) + (
        select count(*)
        from settlement.net_legs
        where state <> 'SETTLED'
    ) + (
        select count(*)
        from (
            select asset
            from settlement.ledger_entries
            group by asset
            having sum(amount) <> 0
        ) as wrong
    )
