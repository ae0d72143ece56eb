"""Simulated days through the running Dags: what was planted is what is found."""

from __future__ import annotations

import pytest

from .conftest import Instance

DAYS = ("2026-11-03", "2026-11-04", "2026-11-05")


@pytest.fixture(scope="module")
def closed(instance: Instance) -> dict[str, dict[str, object]]:
    for number, day in enumerate(DAYS):
        instance.json(
            "simulate", "--date", day, "--trades", "2000", "--seed", str(number),
            "--malformed", "20", "--hostile", "20", "--duplicates", "0.01",
        )  # fmt: skip
    return {day: instance.json("close", day) for day in DAYS}


@pytest.mark.parametrize("day", DAYS)
def test_found_is_planted(closed: dict[str, dict[str, object]], day: str) -> None:
    assert closed[day]["planted"]
    found = {**closed[day]["breaks"], **closed[day]["other_breaks"]}
    assert found == closed[day]["planted"]


def test_a_backfill_changes_no_byte(
    instance: Instance, closed: dict[str, dict[str, object]]
) -> None:
    instance.run(
        "airflow", "backfill", "create", "--dag-id", "end_of_day", "--from-date", DAYS[0],
        "--to-date", DAYS[-1], "--reprocess-behavior", "completed",
    )  # fmt: skip
    for day in DAYS:
        again = instance.json("close", day)
        assert again["files"] == closed[day]["files"]
        assert again["version"] == closed[day]["version"]


def test_nothing_is_left_unaccounted(
    instance: Instance, closed: dict[str, dict[str, object]]
) -> None:
    assert closed
    tables = (
        "trade.executions", "trade.confirmations", "trade.pnl_snapshots", "trade.conflicts",
        "trade.orders", "trade.order_responses", "trade.order_conflicts", "market.marks",
        "market.mark_conflicts", "settlement.statuses", "settlement.statement_lines",
        "settlement.record_conflicts", "landing.rejects", "landing.duplicates",
    )  # fmt: skip
    places = " union all ".join(
        f"select topic, partition, message_offset from {table}"  # noqa: S608 - names above
        for table in tables
    )
    stored = "select topic, partition, message_offset from landing.messages"
    lost = instance.query(f"select count(*) from ({stored} except ({places})) as lost")  # noqa: S608
    assert lost == "0"
