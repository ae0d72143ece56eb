-- What an account of a simulated date holds at its beginning; a row that is there stays.
insert into reference.opening_holdings (
    account, asset_kind, asset, effective_from, quantity, source
) values (
    %(account)s, %(asset_kind)s, %(asset)s, %(effective_from)s, %(quantity)s, 'simulated'
)
on conflict do nothing
