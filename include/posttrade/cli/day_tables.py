"""What a day came to, as tables for a person: planted beside found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from posttrade.cli.output import results


def print_breaks(planted: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Breaks by type, planted beside found."""
    rows = []
    for name in sorted({*planted, *found}):
        sown, seen = planted.get(name, 0), found.get(name, 0)
        rows.append((name, sown, seen, _mark(sown == seen)))
    rows.append(("total", sum(planted.values()), sum(found.values()), _mark(planted == found)))
    _print_table(("break", "planted", "found", ""), rows)


def print_rejects(result: Mapping[str, Any]) -> None:
    """Refused messages by reason; those that state no date stand under the day they came."""
    refused, of_date = result["refused"], sum(result["rejects"].values())
    rows: list[tuple[Any, ...]] = [(name, "", n, "") for name, n in result["rejects"].items()]
    elsewhere = refused["found"] - of_date
    if elsewhere > 0:
        rows.append(("(no readable date: under the day they came)", "", elsewhere, ""))
    is_same = refused["planted"] == refused["found"]
    rows.append(("total", refused["planted"], refused["found"], _mark(is_same)))
    _print_table(("refused message", "planted", "found", ""), rows)


def print_alerts(alerts: Mapping[str, Mapping[str, int]]) -> None:
    """Compliance alerts by rule: those planted, and what was flagged besides."""
    names = ("planted", "found", "besides")
    rows = [
        (rule, *(counts[name] for name in names), _mark(counts["planted"] == counts["found"]))
        for rule, counts in alerts.items()
    ]
    _print_table(("compliance alert", *names, ""), rows)


def print_totals(totals: Mapping[str, Mapping[str, int]]) -> None:
    """Control totals of each feed: received = accepted + rejected + duplicate."""
    names = ("received", "accepted", "rejected", "duplicate")
    rows = []
    for feed, counts in totals.items():
        explained = sum(counts[name] for name in names[1:])
        rows.append(
            (feed, *(counts[name] for name in names), _mark(counts["received"] == explained))
        )
    _print_table(("feed", *names, ""), rows)


def _mark(is_right: bool) -> str:
    return "[green]ok[/]" if is_right else "[red]no[/]"


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if 0 < place < len(headings) - 1 else "left")
    for row in rows:
        table.add_row(*map(str, row))
    results.print(table)
    results.print()
