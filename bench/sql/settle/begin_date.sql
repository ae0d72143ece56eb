with begun as (
    select
        settlement.open_act('bench_begins', 'bench', 'bench', now()) as act_id,
        settlement.reserve_instruction_ids(1) as instruction_id,
        settlement.open_account('HOUSE', 'EQ-PRIME') as house_id,
        settlement.open_account('COUNTERPARTY', 'ALDER') as party_id
),
instructed as (
    insert into settlement.instructions (
        instruction_id, settlement_date, business_date, act_id, subject_version, house_account_id,
        counterparty_account_id, purpose, subject_id, direction, method, symbol, currency,
        counterparty_id, account, strategy, quantity, amount
    )
    select
        instruction_id, %(settlement_date)s, %(business_date)s::date - 1, act_id, 1, house_id,
        party_id, 'TRADE', 'EARLIER', 'RECEIVE', 'DVP', 'AAPL', 'USD', 'ALDER', 'EQ-PRIME',
        'MOMENTUM', 1, 1
    from begun
    returning instruction_id, act_id
)
select count(*) from instructed
