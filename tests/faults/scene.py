"""What a fault happens to: topics, a trade database, traffic, captures; and the count at the end.

See README.md for how to add a fault.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from posttrade.feeds import FEEDS
from posttrade.sending import Message, send_messages
from posttrade.simulator import SimulationOptions, stream_day
from tests.faults.books import Findings, count_books, read_open_breaks, read_sums
from tests.faults.brokers import KafkaCluster
from tests.faults.capture_process import Capture, CaptureOptions
from tests.faults.close_process import run_close
from tests.faults.servers import FaultyPostgres
from tests.faults.table import Row
from tests.faults.traffic import Send, Traffic, Truth, make_options, open_truth

TEMPLATE = "posttrade_template"
_numbers = itertools.count(1)
# what a capture may say while something outside is away; anything else is a defect
EXPECTED_ERRORS = frozenset({"Unavailable"})


@dataclasses.dataclass
class Scene:
    """Everything one fault needs; ``row`` is its line of the table."""

    kafka: KafkaCluster
    postgres: FaultyPostgres
    business_date: dt.date
    folder: Path
    random: random.Random
    repetitions: float
    row: Row = dataclasses.field(default_factory=lambda: Row("", ""))

    def __post_init__(self) -> None:
        self.truth = Truth()
        self.captures: list[Capture] = []
        self.databases: list[str] = []
        self._sent: list[Traffic] = []
        self._seeds = 0
        self.begin_anew()

    def times(self, default: int) -> Iterator[int]:
        """Count injections: ``default`` times, or more when the suite is asked to repeat."""
        for number in range(max(1, round(default * self.repetitions))):
            self.row.times += 1
            yield number

    def pause(self, shortest_s: float, longest_s: float) -> None:
        """A random moment passes."""
        time.sleep(self.random.uniform(shortest_s, longest_s))

    def traffic(
        self, trades: int, *, rate: int | None = None, send: Send | None = None, **changes: str
    ) -> Traffic:
        """A restless day on its way; each call of a test sends other trades.

        Args:
            trades: about 3.2 messages each.
            rate: messages per second; as fast as possible when left out.
            send: how messages reach Kafka, when not by the product's own sender.
            changes: shares of the day that are not as usual; see ``traffic.UNREST``.
        """
        options = self._make_options(trades, rate, changes)
        self._sent.append(Traffic(self.kafka.config, self.folder / "truth", options, send))
        return self._sent[-1]

    def send(self, trades: int, **changes: str) -> None:
        """A restless day, sent at once."""
        with self.traffic(trades, **changes):
            pass

    def send_messages(self, messages: Iterable[Message]) -> None:
        """Messages that stand in no truth."""
        send_messages(self.kafka.config, messages)

    def make_messages(
        self, trades: int, business_date: dt.date | None = None, **changes: str
    ) -> list[Message]:
        """Messages of a restless day, not sent and in no truth."""
        options = self._make_options(trades, None, changes)
        if business_date is not None:
            options = dataclasses.replace(options, business_date=business_date)
        with open_truth(self.folder / "not sent", options) as truth:
            return list(stream_day(options, truth))

    def _make_options(
        self, trades: int, rate: int | None, changes: Mapping[str, str]
    ) -> SimulationOptions:
        self._seeds += 1
        seed = self.random.randrange(1, 9) * 100 + self._seeds
        return make_options(self.business_date, seed, trades, rate, changes)

    def start_capture(self, **options: Any) -> Capture:
        """A capture that works until it is killed or told to finish."""
        name = f"capture-{len(self.captures)}"
        capture = Capture(CaptureOptions(self.dsn, self.kafka.config, self.folder, name, **options))
        self.captures.append(capture)
        return capture

    def capture_all(self, **options: Any) -> Capture:
        """A capture that drains and works on all there is."""
        capture = self.start_capture(**options)
        capture.finish()
        return capture

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def close(self, *dates: dt.date) -> None:
        """Close dates, by default every one that received a message."""
        if not dates:
            dates = tuple(
                date
                for (date,) in self.ask(
                    "select distinct business_date from control.received_counts order by 1"
                )
            )
        for date in dates:
            run_close(self.dsn, date)

    def begin_anew(self) -> None:
        """Go on with empty topics and an empty database."""
        self.kafka.lay_topics()
        self.databases.append(f"fault_{next(_numbers)}")
        self.dsn = self.postgres.create_database(self.databases[-1], TEMPLATE)
        self._sent.clear()

    def copy_books(self) -> str:
        """A copy of the database as it is now."""
        self.databases.append(f"fault_{next(_numbers)}")
        books = conninfo.conninfo_to_dict(self.dsn)["dbname"]
        return self.postgres.create_database(self.databases[-1], str(books))

    def check_books(
        self,
        *,
        errors_allowed: frozenset[str] = EXPECTED_ERRORS,
        lost_allowed: int = 0,
        is_whole: bool = True,
    ) -> Findings:
        """Close, count everything against Kafka and the truth, and require that all is there once.

        Args:
            errors_allowed: kinds of errors that captures may have noted.
            lost_allowed: messages that Kafka took away undrained.
            is_whole: whether Kafka still had all that was sent when it was drained.
        """
        self.close()
        findings = count_books(self.dsn, self.kafka.config, FEEDS, lost_allowed)
        if is_whole and not lost_allowed:
            self._compare_with_truth(findings)
        self.row.lost += findings.lost.total()
        self.row.doubled += findings.doubled.total()
        strange = [
            error
            for capture in self.captures
            for error in capture.errors()
            if error["kind"] not in errors_allowed
        ]
        assert not strange, strange[:3]
        assert not findings.describe(), findings.describe()
        return findings

    def remember_truth(self) -> None:
        """Take what was sent into the truth that the books are compared with."""
        for traffic in self._sent:
            if traffic.tally is not None:
                self.truth.add(traffic.tally)
        self._sent.clear()

    def _compare_with_truth(self, findings: Findings) -> None:
        self.remember_truth()
        breaks = read_open_breaks(self.dsn)
        planted = self.truth.planted + self.truth.planted_once
        for kind in breaks.keys() | planted.keys():
            difference = breaks[kind] - planted[kind]
            findings.wrong[f"{kind} breaks: {difference:+d}"] += abs(difference)
        sums = read_sums(self.dsn)
        refused = sum(rejected for _, _, rejected, _ in sums.values())
        findings.wrong["rejects that were not planted"] += abs(refused - self.truth.refused)
        for feed, (received, accepted, rejected, duplicate) in sums.items():
            findings.wrong[f"control totals of {feed} that do not add up"] += abs(
                received - accepted - rejected - duplicate
            )
            findings.wrong[f"duplicates on {feed} that were not planted"] += abs(
                duplicate - self.truth.duplicates[feed]
            )
        stored = self.ask("select count(*) from landing.messages")[0][0]
        totalled = sum(received for received, *_ in sums.values())
        findings.wrong["messages in no date's control totals"] += abs(stored - totalled)
