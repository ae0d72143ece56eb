"""The same messages in another order, in other batches, on other days: the same books."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from posttrade.business_calendar import HOUSE_CALENDAR, BusinessCalendar
from posttrade.reports.versions import hash_file
from posttrade.sending import Message
from tests.faults.books import compare_content, read_content
from tests.faults.close_process import Rendering
from tests.faults.scene import Scene

BATCHES = (3, 6)


def test_any_order_in_any_batches(fault: Scene) -> None:
    """Duplicates, late, corrected and cancelled trades of two days in any order and batches."""
    earlier = BusinessCalendar.load(HOUSE_CALENDAR).previous_business_day(fault.business_date)
    messages = fault.make_messages(350) + fault.make_messages(350, earlier)
    fault.send_messages(messages)
    fault.capture_all()
    fault.close()
    expected = read_content(fault.dsn)
    for _ in fault.times(3):
        fault.begin_anew()
        for chunk in cut(fault, shuffle(fault, messages)):
            fault.send_messages(chunk)
            fault.capture_all()
        fault.check_books(is_whole=False)
        findings = compare_content(expected, read_content(fault.dsn))
        fault.row.lost += findings.lost.total()
        fault.row.doubled += findings.doubled.total()
        assert not findings.describe(), findings.describe()[:4000]


def shuffle(fault: Scene, messages: list[Message]) -> list[Message]:
    """Any order, in which only records that contradict each other keep theirs: the first stays."""
    groups: dict[Any, list[Message]] = defaultdict(list)
    keys = [name_record(message) for message in messages]
    for key, message in zip(keys, messages, strict=True):
        groups[key].append(message)
    fault.random.shuffle(keys)
    waiting = {key: iter(group) for key, group in groups.items()}
    return [next(waiting[key]) for key in keys]


def name_record(message: Message) -> tuple[str, Any, Any]:
    """The topic, trade and version that a message is about."""
    try:
        version = json.loads(message.payload or b"").get("version", 1)
    except (ValueError, AttributeError, RecursionError):
        version = "unreadable"
    return message.topic, message.key, str(version)


def cut(fault: Scene, messages: list[Message]) -> Iterator[list[Message]]:
    """Cut into a few parts of random length."""
    places = fault.random.sample(range(1, len(messages)), fault.random.randint(*BATCHES) - 1)
    begin = 0
    for end in [*sorted(places), len(messages)]:
        yield messages[begin:end]
        begin = end


def test_late_records_restate_a_closed_day(fault: Scene) -> None:
    """Late, corrected and cancelled records come to a day that is closed already."""
    date = fault.business_date
    messages = fault.make_messages(400)
    fault.send_messages(messages)
    fault.capture_all()
    fault.close()
    expected = read_content(fault.dsn)
    for _ in fault.times(2):
        fault.begin_anew()
        rendering = Rendering(fault.dsn, date, fault.folder / f"reports-{len(fault.databases)}")
        parts = list(cut(fault, shuffle(fault, messages)))
        hashes: dict[str, str] = {}
        for number, part in enumerate(parts, start=1):
            fault.send_messages(part)
            fault.capture_all()
            fault.close()
            pack = rendering.run()
            assert pack.get("version") == number, pack
            assert pack["is_new"]
            assert number == 1 or pack["changes"]["figures"], "it says what changed"
            assert rendering.run() == {**pack, "is_new": False}, "nothing changed"
            for name, value in hashes.items():
                assert hash_file(rendering.reports_dir / name) == value, "earlier files stand"
            folder = rendering.reports_dir / date.isoformat() / f"v{number}"
            hashes |= {
                f"{date}/v{number}/{path.name}": hash_file(path) for path in folder.iterdir()
            }
        fault.check_books(is_whole=False)
        findings = compare_content(expected, read_content(fault.dsn))
        fault.row.lost += findings.lost.total()
        fault.row.doubled += findings.doubled.total()
        assert not findings.describe(), findings.describe()[:4000]
