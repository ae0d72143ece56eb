-- What the date's trades cost, by type of fee and currency.
select fee_type, payee, currency, charge_count, reversal_count, amount
from pack_fees
order by fee_type collate "C", payee collate "C", currency collate "C"
