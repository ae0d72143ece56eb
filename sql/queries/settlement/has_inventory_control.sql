-- Whether any account delivers or pays only what it has.
select
    exists (
        select from reference.opening_holdings where effective_from <= %(effective_on)s
    )
    or exists (
        select from reference.inventory_controls where effective_from <= %(effective_on)s
    )
