"""A simulated trading day, from its options to messages in Kafka and the truth on disk."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gc
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from posttrade.sending import send_messages
from posttrade.simulator.catalogue import Catalogue, read_catalogue
from posttrade.simulator.messages import MessageWriter
from posttrade.simulator.options import SimulationOptions
from posttrade.simulator.settlement import SettlementDates
from posttrade.simulator.stream import DayStream
from posttrade.simulator.truth import Tally, TruthWriter


@dataclasses.dataclass(frozen=True)
class SimulationResult:
    """What was sent and planted.

    Attributes:
        business_date: trade date of the day.
        seed: the seed it was made from.
        sent: messages by topic.
        planted: breaks by type.
        planted_once: breaks that the date has once, whatever the seeds.
        malformed: messages that must be refused, by what is wrong with them.
        hostile: the same for those made to do harm.
        duplicates: messages sent twice, by topic.
        suspicions: what compliance must flag, by rule.
        noted: trades out of the ordinary that must not break.
        seconds: how long it took.
    """

    business_date: dt.date
    seed: int
    sent: dict[str, int]
    planted: dict[str, int]
    planted_once: dict[str, int]
    malformed: dict[str, int]
    hostile: dict[str, int]
    duplicates: dict[str, int]
    suspicions: dict[str, int]
    noted: dict[str, int]
    seconds: float

    @property
    def messages(self) -> int:
        """All messages on all topics."""
        return sum(self.sent.values())


def simulate_day(
    kafka_config: Mapping[str, Any],
    options: SimulationOptions,
    *,
    truth_dir: Path,
    on_progress: Callable[[int], None] | None = None,
) -> SimulationResult:
    """Send a simulated trading day, and write beside it what was planted.

    Kafka's message timestamps are the real time of sending, as a feed's would be: freshness rules
    look at them. Everything inside the messages follows from the options alone.

    Args:
        kafka_config: librdkafka client settings.
        options: what to simulate.
        truth_dir: where the truth is kept, by date and seed.
        on_progress: told now and then how many messages the broker has.

    Raises:
        ConfigurationError: options that contradict each other, or an earlier run of this seed.
        Unavailable: the broker does not take the messages; the same call again is harmless.
    """
    catalogue = read_catalogue()
    started = time.monotonic()
    content = {**options.content(), "catalogue": catalogue.fingerprint}
    with TruthWriter(truth_dir, options.business_date, options.seed, content) as truth:
        stream = stream_day(options, truth, catalogue)
        gc.freeze()  # nothing here is cyclic; looking for cycles costs a tenth of the time
        try:
            send_messages(kafka_config, stream, rate=options.rate, on_progress=on_progress)
        finally:
            gc.unfreeze()
    return _result(options, truth.tally, time.monotonic() - started)


def stream_day(
    options: SimulationOptions, truth: TruthWriter, catalogue: Catalogue | None = None
) -> DayStream:
    """The messages of a day in sending order; ``truth`` is filled as they are taken."""
    settlement = SettlementDates(options.business_date)
    writer = MessageWriter(options.business_date, settlement.of_instrument)
    return DayStream(options, catalogue or read_catalogue(), writer, truth)


def _result(options: SimulationOptions, tally: Tally, seconds: float) -> SimulationResult:
    return SimulationResult(
        business_date=options.business_date,
        seed=options.seed,
        seconds=round(seconds, 3),
        **tally.as_dict(),
    )
