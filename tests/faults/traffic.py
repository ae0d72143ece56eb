"""A simulated day on its way into Kafka while things break, and the truth about it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posttrade.sending import Message, send_messages
from posttrade.simulator import Share, SimulationOptions, stream_day
from posttrade.simulator.catalogue import read_catalogue
from posttrade.simulator.truth import Tally, TruthWriter

SEND_TIMEOUT_S = 240
if TYPE_CHECKING:
    from typing_extensions import Self

# a little of everything that happens to trades
UNREST = {
    "break_rate": "10%",
    "duplicates": "3%",
    "late": "5%",
    "out_of_order": "10%",
    "corrections": "3%",
    "cancellations": "3%",
    "malformed": "25",
    "hostile": "20",
    "short_contract": "15%",
    "orders": "4%",
}


# nothing whose outcome depends on which of two messages comes first
CALM = {"break_rate": "0", "short_contract": "0", "orders": "7"}
Send = Callable[[Mapping[str, Any], Iterable[Message]], Any]


class Traffic:
    """Messages that are sent from a thread; leaving the ``with`` block awaits the last one.

    Args:
        send: hands the messages to Kafka; the product's own sender when left out.
    """

    def __init__(
        self,
        kafka_config: Mapping[str, Any],
        truth_dir: Path,
        options: SimulationOptions,
        send: Send | None = None,
    ) -> None:
        self.tally: Tally | None = None
        self._kafka_config = kafka_config
        self._truth_dir = truth_dir
        self._options = options
        self._send = send or self._send_at_rate
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._thread.join(SEND_TIMEOUT_S)  # also when a test failed: what was sent counts on
        if error is None and self.tally is None:
            raise AssertionError("the traffic was not sent") from self._failure

    def _work(self) -> None:
        try:
            with open_truth(self._truth_dir, self._options) as truth:
                self._send(self._kafka_config, stream_day(self._options, truth))
            self.tally = truth.tally
        except Exception as failure:  # noqa: BLE001 - told at the end of the block
            self._failure = failure

    def _send_at_rate(self, kafka_config: Mapping[str, Any], messages: Iterable[Message]) -> None:
        send_messages(kafka_config, messages, rate=self._options.rate)


def open_truth(truth_dir: Path, options: SimulationOptions) -> TruthWriter:
    content = {**options.content(), "catalogue": read_catalogue().fingerprint}
    return TruthWriter(truth_dir, options.business_date, options.seed, content)


def make_options(
    business_date: Any, seed: int, trades: int, rate: int | None, changes: Mapping[str, str]
) -> SimulationOptions:
    """A restless day, with some of its shares changed."""
    shares = {name: Share.parse(text) for name, text in {**UNREST, **changes}.items()}
    return SimulationOptions(business_date, trades=trades, seed=seed, rate=rate, **shares)


class Truth:
    """What all traffic of a test has sent and planted."""

    def __init__(self) -> None:
        self.planted: Counter[str] = Counter()
        self.planted_once: Counter[str] = Counter()
        self.refused = 0
        self.duplicates: Counter[str] = Counter()

    def add(self, tally: Tally) -> None:
        self.planted.update(tally.planted)
        self.planted_once |= tally.planted_once
        self.refused += tally.malformed.total() + tally.hostile.total()
        self.duplicates.update(tally.duplicates)
