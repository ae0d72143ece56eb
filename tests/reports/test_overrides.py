"""A person's word over a mark stands in the pack with who asked, who decided, and what it moves."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal

from posttrade.database import connect
from posttrade.reports import Pack
from tests.books.desk import Desk

from .day import BUSINESS_DATE, Day

PROPOSE = "select market.propose_override('AAPL', '2026-11-12', {}, 'USD', '{}', '{}')"
DECIDE = "select market.decide_override({}, '{}', '{}', '{}')"


def read_overrides(pack: Pack) -> list[dict[str, str]]:
    path = pack.directory / "mark_overrides_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_held(pack: Pack) -> tuple[Decimal, Decimal]:
    path = pack.directory / "positions_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["symbol"] == "AAPL"]
    held = sum((Decimal(row["closing_quantity"]) for row in rows), Decimal(0))
    value = sum((Decimal(row["market_value_amount"]) for row in rows), Decimal(0))
    return held, value


def test_overrides_stand_with_maker_checker_and_what_they_move(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    first = render()
    held, value_before = read_held(first)
    old = value_before / held
    assert read_overrides(first) == []
    change(PROPOSE.format(150, "vendor is late", "ann"))
    change(DECIDE.format(1, "APPROVED", "bob", "seen at two brokers"))
    change(PROPOSE.format(155, "=cmd", "ann"))
    change(DECIDE.format(2, "APPROVED", "bob", "newer"))
    change(PROPOSE.format(999, "typing slip", "ann"))
    change(DECIDE.format(3, "REFUSED", "cyd", "no trade near it"))
    change(PROPOSE.format("157.5", "third source", "dee"))
    with connect(trade_dsn) as connection:
        Desk(connection).close(BUSINESS_DATE)
    pack = render()
    rows = read_overrides(pack)
    assert [row["state"] for row in rows] == ["SUPERSEDED", "APPROVED", "REFUSED", "PENDING"]
    prices = [(Decimal(row["old_price"]), Decimal(row["new_price"])) for row in rows]
    assert prices == [(old, 150), (150, 155), (155, 999), (155, Decimal("157.5"))]
    assert {row["old_source"] for row in rows[1:]} == {"override"}
    for row, (before, after) in zip(rows, prices, strict=True):
        assert Decimal(row["position_quantity"]) == held
        assert Decimal(row["moved_amount"]) == held * (after - before)
        # one dollar is one dollar
        assert (row["base_currency"], row["moved_base_amount"]) == ("USD", row["moved_amount"])
        assert Decimal(row["close_price"]) == 155
    # what was approved is what the figures moved by
    approved = sum((Decimal(row["moved_amount"]) for row in rows[:2]), Decimal(0))
    assert read_held(pack)[1] - value_before == approved
    assert [(row["proposed_by"], row["decided_by"]) for row in rows] == [
        ("ann", "bob"), ("ann", "bob"), ("ann", "cyd"), ("dee", ""),
    ]  # fmt: skip
    assert rows[1]["reason"] == "'=cmd"
    page = (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "4 overrides, 1 waiting for a second person" in page
    assert "1 override of marks waits for a second person." in page
    assert "not in these figures" not in page
    assert not render().is_new_version


def test_what_is_approved_after_the_close_is_told_to_be_in_no_figure(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    render()
    change(PROPOSE.format(150, "vendor is late", "ann"))
    change(DECIDE.format(1, "APPROVED", "bob", "yes"))
    pack = render()
    page = (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "not in these figures" in page
    counts = {name: table["counts"] for name, table in pack.changes["tables"].items()}
    assert counts == {"mark_overrides": {"appeared": 1}}


def test_an_override_taken_back_gives_the_word_to_the_sources_again(
    lay: Callable[[Day], None], render: Callable[[], Pack], change: Callable[[str], None]
) -> None:
    lay(Day(trade_count=60, reject_count=0))
    change(PROPOSE.format(150, "vendor is late", "ann"))
    change(DECIDE.format(1, "APPROVED", "bob", "yes"))
    change(PROPOSE.format("null", "vendor has it", "ann"))
    change(DECIDE.format(2, "APPROVED", "bob", "yes"))
    one, back = read_overrides(render())
    assert (back["override_price"], back["old_price"]) == ("", "150")
    assert back["new_price"] == one["old_price"]
    assert Decimal(back["moved_amount"]) == -Decimal(one["moved_amount"]) != 0
