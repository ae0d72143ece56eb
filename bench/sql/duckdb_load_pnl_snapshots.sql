create table pnl_snapshots as
select *
from read_csv(
    ?,
    header = false,
    columns = {
        'trade_id': 'varchar',
        'pnl_impact': 'decimal(18, 6)',
        'commission': 'decimal(18, 6)'
    }
)
