insert into reference.book_rules (
    account, strategy, effective_from, cost_method, base_currency, unexplained_limit
)
values ('*', '*', '0001-01-01', %(method)s, 'USD', 1)
on conflict (account, strategy, effective_from) do update set cost_method = excluded.cost_method
