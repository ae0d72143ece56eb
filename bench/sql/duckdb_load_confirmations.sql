create table confirmations as
select *
from read_csv(
    ?,
    header = false,
    columns = {
        'trade_id': 'varchar',
        'quantity': 'decimal(18, 2)',
        'price': 'decimal(18, 6)',
        'confirmed_at': 'timestamp'
    }
)
