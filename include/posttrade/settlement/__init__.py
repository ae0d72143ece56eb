"""Settlement: what is to be delivered and paid, and what became of it.

``instruct`` follows the trades: one that matches is instructed, one that is corrected or cancelled
has its instruction ended, one that no longer matches is held. ``net`` puts the difference in the
place of what is due between the same parties. ``settle`` makes what is due move, on days that come
in their turn (``cycle_dates``). ``orders`` settles an order once its counterparty's confirmation is
in too. ``statuses`` follows the depositories, ``custody`` holds the custodians' statements against
our books. ``fees`` computes what trades cost, and holds it against what is booked. ``allocate``
splits blocks to accounts. ``chasers`` and ``penalties`` follow what failed,
``splits`` multiplies what accounts hold.
"""

from posttrade.settlement.allocate import allocate_blocks, load_allocations
from posttrade.settlement.chasers import chase_fails
from posttrade.settlement.custody import reconcile_custody, reconcile_statements
from posttrade.settlement.cycle_dates import begin_cycle
from posttrade.settlement.fees import charge_fees
from posttrade.settlement.instruct import instruct_day, instruct_waiting, settle_batches
from posttrade.settlement.net import net_due
from posttrade.settlement.orders import close_orders, settle_orders
from posttrade.settlement.penalties import charge_penalties, state_penalties
from posttrade.settlement.settle import check_ledger, settle_due
from posttrade.settlement.statuses import apply_statuses

__all__ = [
    "allocate_blocks",
    "apply_statuses",
    "begin_cycle",
    "charge_fees",
    "charge_penalties",
    "chase_fails",
    "check_ledger",
    "close_orders",
    "instruct_day",
    "instruct_waiting",
    "load_allocations",
    "net_due",
    "reconcile_custody",
    "reconcile_statements",
    "settle_batches",
    "settle_due",
    "settle_orders",
    "state_penalties",
]
