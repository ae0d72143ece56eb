"""Orders of clients and what their counterparties answer, with breaks planted among them."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter

from posttrade.sending import Message
from posttrade.simulator.catalogue import BOOKS, Catalogue, Instrument
from posttrade.simulator.messages import MessageWriter, decimal_text
from posttrade.simulator.options import SimulationOptions

ORDER_TOPIC = "Trade_Order"
ANSWER_TOPIC = "Counter_party"
PLANTED = ("order_rejected", "order_not_answered", "answer_without_order", "order_conflict")
ASSET_CLASS = "EQUITY"
PLANTED_SHARE = 0.02  # of the orders, for each kind of break; at least one where there are enough
ORDERS_TO_PLANT_MIN = 8
ANSWER_FIRST_SHARE = 0.3
TOLD_IN_TEXT_SHARE = 0.1
BEGINS_MS, LASTS_MS = 14 * 3_600_000, 6 * 3_600_000  # of the UTC day: while New York is open
ANSWER_DELAY_MS_MAX = 240_000
HEADERS: list[tuple[str, str | bytes | None]] = [("contract-version", b"1")]


@dataclasses.dataclass(frozen=True)
class Conversation:
    """The messages about one order.

    Attributes:
        planted: the breaks that come of it.
        first: messages sent at once, in this order.
        later: messages sent when some trades have passed.
    """

    order_id: str
    planted: tuple[str, ...]
    first: list[Message]
    later: list[Message]


class OrderDesk:
    """Makes the conversations of a day: the same options give the same bytes."""

    def __init__(
        self, options: SimulationOptions, catalogue: Catalogue, writer: MessageWriter
    ) -> None:
        name = f"{options.business_date} {options.seed}"
        self._random = random.Random(f"orders {name}")  # noqa: S311
        self._prefix = f"O{options.business_date:%Y%m%d}-{options.seed}"
        self._writer = writer
        self._instruments = [i for i in catalogue.instruments if i.asset_class == ASSET_CLASS]
        self._counterparties = catalogue.counterparties
        self._planted = self._plant(options.orders.count_of(options.trades))

    def _plant(self, count: int) -> dict[int, str]:
        """Which orders go wrong, by their number."""
        if count < ORDERS_TO_PLANT_MIN:
            return {}
        each = max(1, int(count * PLANTED_SHARE))
        kinds = Counter(dict.fromkeys(PLANTED, each))
        numbers = self._random.sample(range(count), kinds.total())
        return dict(zip(numbers, kinds.elements(), strict=True))

    def converse(self, number: int) -> Conversation:
        """What is said about the order of this number."""
        draw = self._random
        order_id = f"{self._prefix}-{number:07d}"
        instrument = draw.choice(self._instruments)
        ordered_ms = BEGINS_MS + int(draw.random() * LASTS_MS)
        price = instrument.start_price + instrument.tick * draw.randint(-20, 20)
        counterparty = draw.choice(self._counterparties)
        order = _Order(
            order_id,
            instrument,
            draw.choice(("BUY", "SELL")),
            instrument.lot * draw.randint(1, 20),
            max(instrument.tick, price),
            counterparty,
            draw.choice(BOOKS[ASSET_CLASS])[0],
            ordered_ms,
            draw.random() < TOLD_IN_TEXT_SHARE,
        )
        answered_ms = ordered_ms + 1 + int(draw.random() * ANSWER_DELAY_MS_MAX)
        is_answer_first = draw.random() < ANSWER_FIRST_SHARE
        kind = self._planted.get(number)
        orders = [] if kind == "answer_without_order" else [self._tell_order(order)]
        if kind == "order_conflict":
            other = dataclasses.replace(order, quantity=order.quantity + instrument.lot)
            orders.append(self._tell_order(other))
        answers = [] if kind == "order_not_answered" else [
            self._tell_answer(order, answered_ms, is_rejected=kind == "order_rejected")
        ]  # fmt: skip
        first, later = (answers, orders) if is_answer_first else (orders, answers)
        return Conversation(order_id, (kind,) if kind else (), first, later)

    def _tell_order(self, order: _Order) -> Message:
        instrument = order.instrument
        form = ',"answer_form":"TEXT"' if order.is_told_in_text else ""
        text = (
            f'{{"order_id":"{order.order_id}","symbol":{instrument.json_symbol},'
            f'"side":"{order.side}","quantity":{order.quantity},'
            f'"price":{decimal_text(order.price, instrument.decimals)},'
            f'"currency":"{instrument.currency}","counterparty":"{order.counterparty}",'
            f'"account":"{order.account}","trade_date":"{self._writer.date}",'
            f'"ordered_at":"{self._writer.instant(order.ordered_ms)}"{form}}}'
        )
        return Message(ORDER_TOPIC, order.order_id, text.encode(), HEADERS)

    def _tell_answer(self, order: _Order, answered_ms: int, *, is_rejected: bool) -> Message:
        answer = '"REJECT","reason":"credit limit"' if is_rejected else '"CONFIRM"'
        text = (
            f'{{"order_id":"{order.order_id}","response":{answer},'
            f'"counterparty":"{order.counterparty}","trade_date":"{self._writer.date}",'
            f'"responded_at":"{self._writer.instant(answered_ms)}"}}'
        )
        return Message(ANSWER_TOPIC, order.order_id, text.encode(), HEADERS)


@dataclasses.dataclass(frozen=True)
class _Order:
    """An order as it truly is: ``price`` scaled by the instrument's decimals."""

    order_id: str
    instrument: Instrument
    side: str
    quantity: int
    price: int
    counterparty: str
    account: str
    ordered_ms: int
    is_told_in_text: bool
