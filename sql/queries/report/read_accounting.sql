-- What accounting booked for the trades of each book, against our own figures.
select account, strategy, currency, trade_count, booked_count, own_amount, accounting_amount,
    delta_amount
from books.accounting_by_book(%(business_date)s)
order by currency collate "C", account collate "C", strategy collate "C"
