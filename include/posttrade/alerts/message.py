"""An alert in words: one line, plain text, a mail, and a Slack message."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.policy
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, localcontext
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

import jinja2

from posttrade.reports import typography

TEMPLATES = Path(__file__).resolve().parents[2] / "report_templates"
ROWS_MAX = 8
TYPES_MAX = 12
SLACK_TEXT_MAX = 2900  # a section of a Slack message takes 3000 characters
BREAKS = "break_opened"
TITLES = {
    BREAKS: ("1 new break", "{count} new breaks"),
    "batch_stopped": ("A batch is stopped", "{count} batches are stopped"),
    "feed_stopped": ("A feed is stopped", "{count} feeds are stopped"),
    "offsets_lost": (
        "Messages were lost before they were drained",
        "Messages were lost before they were drained, in {count} places",
    ),
    "close_failed": ("A close failed", "{count} closes failed"),
    "task_failed": ("A task failed", "{count} tasks failed"),
    "feed_late": ("A feed has not arrived", "{count} feeds have not arrived"),
    "close_late": ("A close is late", "{count} closes are late"),
    "report_outdated": ("A report is out of date", "{count} reports are out of date"),
    "service_given_up": (
        "A service does not stay up and is given up",
        "{count} services do not stay up and are given up",
    ),
    "capture_stopped": ("Capture stands still", "Capture stands still"),
    "settlement_fails": ("Settlements fail", "Settlements fail, with {count} to chase"),
    "test": ("This is a test", "This is a test"),
}


@dataclasses.dataclass(frozen=True)
class Alert:
    """One alert as it is stored.

    Attributes:
        alert_id: its number.
        kind: a kind of ``reference.alert_policies``.
        item_count: how many breaks or findings it speaks of.
        facts: what it says; amounts are decimals written as text.
        raised_at: when it was decided.
    """

    alert_id: int
    kind: str
    item_count: int
    facts: Mapping[str, Any]
    raised_at: dt.datetime


@dataclasses.dataclass(frozen=True)
class Group:
    """Breaks with something in common: how many, and the money at risk by currency."""

    name: str
    count: int
    amounts: tuple[tuple[str, Decimal], ...]


def describe_title(alert: Alert) -> str:
    """What happened, in a few words."""
    one, many = TITLES.get(alert.kind, ("Alert", "{count} alerts"))
    title = one
    if alert.item_count != 1:
        title = many.format(count=typography.format_count(alert.item_count))
    return f"Over: {title[:1].lower()}{title[1:]}" if is_recovery(alert) else title


def is_recovery(alert: Alert) -> bool:
    """Whether it tells the end of what an earlier alert told of."""
    return bool(alert.facts.get("is_recovery"))


def describe_line(alert: Alert) -> str:
    """The whole alert in one line, for a log or a subject."""
    if alert.kind != BREAKS:
        items = alert.facts.get("items") or []
        first = str(items[0]["summary"]) if items else ""
        return f"{describe_title(alert)}: {first}" if first else describe_title(alert)
    types = ", ".join(
        f"{typography.format_count(group.count)} {describe_type(group.name)}"
        for group in group_rows(alert.facts["by_type"])[:3]
    )
    return f"{describe_title(alert)}: {types}; at risk {describe_money(alert)}"


def describe_money(alert: Alert) -> str:
    """Money at risk in each currency, never added across currencies."""
    return describe_amounts(
        (row["currency"], Decimal(row["amount"])) for row in alert.facts["by_currency"]
    )


def describe_amounts(amounts: Iterable[tuple[str, Decimal]]) -> str:
    """Amounts with their currencies in one line; a dash where no money is at risk."""
    shown = [show_amount(currency, amount) for currency, amount in amounts if amount]
    return ", ".join(shown) or typography.NONE


def show_amount(currency: str, amount: Decimal) -> str:
    """An amount to the currency's smallest unit: this is a message, and the books are exact."""
    unit = typography.minor_unit(currency)
    currency = currency or "without currency"
    with localcontext() as context:
        context.prec = 60
        rounded = amount.quantize(Decimal(1).scaleb(-unit))
    if amount and not rounded:
        return f"{currency} < {typography.format_amount(Decimal(1).scaleb(-unit), unit)}".strip()
    return f"{currency} {typography.format_amount(rounded, unit)}".strip()


def group_rows(rows: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Rows by name and currency, brought together by name; the most numerous first."""
    counts: dict[str, int] = {}
    amounts: dict[str, list[tuple[str, Decimal]]] = {}
    for row in rows:
        name = str(row["name"])
        counts[name] = counts.get(name, 0) + int(row["count"])
        if amount := Decimal(row["amount"]):
            amounts.setdefault(name, []).append((str(row["currency"]), amount))
    groups = [
        Group(name, count, tuple(sorted(amounts.get(name, ())))) for name, count in counts.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.name))


def cut_rows(groups: Sequence[Group], rows_max: int = ROWS_MAX) -> list[Group]:
    """At most so many rows; the rest as one."""
    if len(groups) <= rows_max:
        return list(groups)
    shown, rest = groups[: rows_max - 1], groups[rows_max - 1 :]
    sums: dict[str, Decimal] = {}
    for group in rest:
        for currency, amount in group.amounts:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    others = Group(
        f"{len(rest)} others", sum(group.count for group in rest), tuple(sorted(sums.items()))
    )
    return [*shown, others]


def compose_mail(alert: Alert, *, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The alert as a mail: plain text, and HTML without scripts and without anything remote.

    The same alert is the same mail with the same Message-ID: a mail client shows a repetition after
    a crash as one mail, or as two that are plainly the same.
    """
    context = build_context(alert)
    message = EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = cut(clean(describe_line(alert)), 160)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(alert.raised_at)
    digest = hashlib.sha256(
        f"{alert.alert_id}|{alert.raised_at.isoformat()}|{json.dumps(alert.facts)}".encode()
    ).hexdigest()
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<alert.{alert.alert_id}.{digest[:24]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Posttrade-Alert"] = alert.kind
    message.set_content(make_environment().get_template("alert.txt.j2").render(context))
    message.add_alternative(
        make_environment().get_template("alert.html.j2").render(context), subtype="html"
    )
    message.set_boundary(f"=_{digest[:32]}")
    return message


def compose_slack(alert: Alert) -> dict[str, Any]:
    """The alert as an incoming webhook of Slack, or of what understands the same, takes it."""
    line = escape_slack(describe_line(alert))
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(describe_title(alert), 150)}}
    ]
    text = make_environment().get_template("alert.txt.j2").render(build_context(alert))
    body = escape_slack(cut(text.strip(), SLACK_TEXT_MAX)).replace("```", "'''")
    blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"```{body}```"}})
    return {"text": line, "blocks": blocks}


def build_context(alert: Alert) -> dict[str, Any]:
    """What the templates show."""
    context: dict[str, Any] = {
        "alert": alert,
        "title": describe_title(alert),
        "is_breaks": False,
        "is_recovery": is_recovery(alert),
    }
    if alert.kind != BREAKS:
        items = list(alert.facts.get("items") or [])
        rest = alert.item_count - len(items)
        return {
            **context, "items": items, "rest": rest, "next_step": alert.facts.get("next_step", "")
        }  # fmt: skip
    largest = [{**row, "amount": Decimal(row["amount"])} for row in alert.facts["largest"]]
    return {
        **context,
        "is_breaks": True,
        "money": describe_money(alert),
        "dates": alert.facts["dates"],
        "resolved_count": int(alert.facts["resolved_count"]),
        "types": cut_rows(group_rows(alert.facts["by_type"]), TYPES_MAX),
        "counterparties": cut_rows(group_rows(alert.facts["by_counterparty"])),
        "largest": largest,
        "next_step": "./posttrade psql -c \"select * from recon.all_breaks where status = 'OPEN'\"",
    }


@functools.cache
def make_environment() -> jinja2.Environment:
    """Templates; those that end in ``html`` escape everything."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(("html.j2",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        count=typography.format_count,
        words=typography.format_words,
        phrase=describe_type,
        show=typography.show_text,
        instant=typography.format_instant,
        amounts=describe_amounts,
    )
    return environment


def describe_type(name: str) -> str:
    """A type of break within a sentence."""
    words = typography.format_words(name)
    return words[:1].lower() + words[1:] if words[1:2].islower() else words


def clean(text: str) -> str:
    """One line without anything invisible: fit for a header or a log."""
    return typography.show_text(" ".join(text.split()), 2000)


def cut(text: str, length_max: int) -> str:
    """Not longer than this."""
    return text if len(text) <= length_max else text[: length_max - 1] + "…"


def escape_slack(text: str) -> str:
    """The three characters that mean something in a Slack message; mentions among them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
