-- What netting saved on the date.
select
    agreement,
    netting_method,
    counterparty_id,
    currency,
    gross_count,
    net_count,
    gross_value,
    net_value,
    saved_value,
    saved_percent
from settlement.netting_savings
where settlement_date = %(business_date)s
order by agreement collate "C", counterparty_id collate "C", currency collate "C"
