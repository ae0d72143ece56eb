"""The order path from topic to topic: an order and its answer in, what they move out, once."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from itertools import permutations
from typing import Any

import pytest

from posttrade.settlement import close_orders
from tests.ingest.conftest import Feeds
from tests.ingest.order_path import CONFIRM, LEDGER, ORDER, capture, moved


@pytest.mark.parametrize("in_turn", list(permutations(["Trade_Order", "Counter_party"])))
@pytest.mark.parametrize("batches", [1, 2])
def test_nothing_moves_until_both_are_in(
    feeds: Feeds, in_turn: tuple[str, str], batches: int
) -> None:
    payloads = {"Trade_Order": ORDER, "Counter_party": CONFIRM}
    for topic in in_turn:
        feeds.send(topic, [payloads[topic]], partition=0)
        if batches == 2 and topic == in_turn[0]:
            capture(feeds)
            assert moved(feeds) == ([], [])
    capture(feeds)
    capture(feeds)
    assert moved(feeds) == ([b"DEMAT 100 SBI"], [b"DEBIT 98500"])
    assert feeds.ask(LEDGER) == []
    assert feeds.ask("select state from settlement.instruction_states") == [("SETTLED",)]


def test_a_sale_goes_the_other_way(feeds: Feeds) -> None:
    feeds.send("Trade_Order", [b"-100,SBI,985"], partition=0)
    feeds.send("Counter_party", [CONFIRM], partition=0)
    capture(feeds)
    assert moved(feeds) == ([b"DEMAT -100 SBI"], [b"CREDIT 98500"])


def test_orders_as_json_are_told_as_json(feeds: Feeds) -> None:
    order = {
        "order_id": "O1",
        "symbol": "SBI",
        "quantity": 100,
        "price": 985,
        "counterparty": "INDUS",
    }
    feeds.send("Trade_Order", [json.dumps(order).encode()], partition=0)
    feeds.send("Counter_party", [b'{"order_id": "O1", "response": "CONFIRM"}'], partition=0)
    capture(feeds)
    demat, cash = ([json.loads(message) for message in topic] for topic in moved(feeds))
    assert [(m["action"], m["quantity"], m["symbol"], m["text"]) for m in demat] == [
        ("DEMAT", 100, "SBI", "DEMAT 100 SBI")
    ]
    assert [(m["action"], m["amount"], m["currency"], m["text"]) for m in cash] == [
        ("DEBIT", 98500, "INR", "DEBIT 98500")
    ]
    assert {m["order_id"] for m in demat + cash} == {"O1"}


def test_the_same_again_moves_nothing_again(feeds: Feeds) -> None:
    order = b'{"order_id": 7, "symbol": "SBI", "quantity": 1, "price": 2.5}'
    answer = b"CONFIRM,7"
    feeds.send("Trade_Order", [order, order], partition=0)
    capture(feeds)
    feeds.send("Counter_party", [answer, answer, answer], partition=0)
    capture(feeds)
    feeds.send("Trade_Order", [order], partition=0)
    feeds.send("Counter_party", [answer], partition=0)
    capture(feeds)
    demat, cash = moved(feeds)
    assert (len(demat), len(cash)) == (1, 1)
    assert feeds.count("landing.duplicates") == 5
    assert feeds.count("settlement.breaks") == 0


def test_a_closed_date_waits_for_nobody(feeds: Feeds) -> None:
    form = b'{"order_id": "%s", "symbol": "SBI", "quantity": 1, "price": 10, "trade_date": "%s"}'
    orders = [form % (b"O1", b"2026-11-19"), form % (b"O2", b"2026-11-20")]
    feeds.send("Trade_Order", orders, partition=0)
    answer = b'{"order_id": "X", "response": "CONFIRM", "trade_date": "2026-11-19"}'
    feeds.send("Counter_party", [answer], partition=0)
    capture(feeds)
    assert feeds.count("settlement.breaks") == 0
    for _ in range(2):
        close_orders(feeds.dsn, dt.date(2026, 11, 19), run_id="close")
        found = feeds.ask("select subject_id, break_type from settlement.breaks order by 1")
        assert found == [("O1", "order_not_answered"), ("X", "answer_without_order")]
    feeds.send("Counter_party", [b"CONFIRM,O1"], partition=0)
    capture(feeds)
    reasons = feeds.ask("select subject_id, resolved_reason from settlement.breaks order by 1")
    assert reasons == [("O1", "answered_late"), ("X", None)]


@pytest.mark.parametrize("sent_at", ["2026-11-20T20:03:00Z", "2026-11-21T12:00:00Z"])
def test_an_order_of_the_weekend_belongs_to_the_next_business_day(
    feeds: Feeds, sent_at: str
) -> None:
    order = f'{{"order_id":"O1","symbol":"SBI","quantity":1,"price":10,"ordered_at":"{sent_at}"}}'
    answer = f'{{"order_id":"O1","response":"CONFIRM","responded_at":"{sent_at}"}}'
    feeds.send("Counter_party", [answer.encode()], partition=0)
    feeds.send("Trade_Order", [order.encode()] * 2, partition=0)
    capture(feeds)
    monday = dt.date(2026, 11, 23)
    assert feeds.ask("select business_date, settlement_date from settlement.instructions") == [
        (monday, monday)
    ]
    counts = "select distinct business_date from control.received_counts"
    assert feeds.ask(counts) == feeds.ask("select business_date from landing.duplicates")


CHILD = """
import json, sys
from posttrade.capture_rounds import CaptureRounds, RoundLimits
dsn, kafka_config = json.loads(sys.argv[1])
print("ready", flush=True)
limits = RoundLimits(lasts_s=60, idle_s=60, round_s=0.0, poll_s=0.02)
CaptureRounds(dsn, kafka_config, run_id="child", limits=limits).run()
"""


def test_killed_again_and_again_each_order_settles_once(feeds: Feeds) -> None:
    count = 60
    arguments = json.dumps([feeds.dsn, feeds.kafka_config])

    def begin() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, arguments], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        return child

    for turn in range(6):
        child = begin()
        orders: list[bytes | None] = []
        answers: list[bytes | None] = []
        for number in range(turn * 10, turn * 10 + 10):
            side = "SELL" if number % 3 == 0 else "BUY"
            order: dict[str, Any] = {"order_id": f"O{number}", "symbol": "SBI", "side": side}
            orders.append(json.dumps({**order, "quantity": 1 + number, "price": 9.85}).encode())
            answers.append(f"CONFIRM,O{number}".encode())
        feeds.send("Counter_party", answers, partition=0)
        feeds.send("Trade_Order", [*orders, *orders[:3]], partition=0)
        time.sleep(0.15 * turn)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    capture(feeds)
    ids = feeds.ask("select order_key from trade.order_outcomes order by 1")
    assert len(ids) == count
    assert feeds.ask("select count(*), count(distinct instruction_id) from settlement.events") == [
        (count, count)
    ]
    assert feeds.ask(LEDGER) == []
    # a crash may send a message twice, with the same id; each is written once
    messages = feeds.ask("select topic, count(*) from outbox.messages group by topic order by 1")
    assert messages == [("Cash_movement", count), ("Demat_allocation", count)]
    demat, cash = moved(feeds)
    assert (len({*demat}), len({*cash})) == (count, count)
