"""The mail that carries a pack: counts in the text, page and tables attached, one per recipient.

The message is made of the pack alone, its time included, so composing it again gives the same
bytes: a mail server or a reader recognises a repeated one by its Message-ID.
"""

from __future__ import annotations

import datetime as dt
import email.policy
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any

from posttrade.charts import Bar, draw_bars, render_png
from posttrade.database import connect
from posttrade.reports.page import make_environment
from posttrade.reports.queries import execute, fetch_rows
from posttrade.reports.summary import PublishedPack, find_pack
from posttrade.reports.typography import format_count, format_words

ATTACHED_BYTES_MAX = 7_000_000  # a third more once encoded: below the 10 MB many servers accept
CHART_NAME = "open_breaks.png"


def read_pack(dsn: str, business_date: dt.date, reports_dir: Path) -> PublishedPack:
    """Load the newest pack of a date for sending: files verified, former recipients known.

    Raises:
        InvariantBroken: there is no pack of the date, or a file is missing or was altered.
    """
    pack = find_pack(dsn, business_date, reports_dir)
    with connect(dsn) as connection:
        rows = fetch_rows(
            connection, "read_mails", business_date=business_date, version=pack.version.number
        )
    recipients = frozenset(row["recipient"] for row in rows)
    return PublishedPack(pack.business_date, pack.version, recipients)


def record_mail(dsn: str, pack: PublishedPack, *, recipient: str, message_id: str) -> None:
    """Note in ``report.mails`` that the mail server took the pack for a recipient."""
    with connect(dsn) as connection:
        execute(
            connection,
            "record_mail",
            business_date=pack.business_date,
            version=pack.version.number,
            recipient=recipient,
            message_id=message_id,
        )


def compose_mail(
    pack: PublishedPack,
    *,
    sender: str,
    recipient: str,
    attached_bytes_max: int = ATTACHED_BYTES_MAX,
) -> EmailMessage:
    """Write the mail for one recipient.

    Args:
        pack: the verified pack.
        sender: address of the From line.
        recipient: the one address it goes to.
        attached_bytes_max: what page and tables may weigh together. Above it the page goes alone,
            and where even that is too heavy nothing does; the text names the folder.
    """
    summary = pack.summarise()
    summary["breaks"] |= summary["other_breaks"]
    carried_count = sum(summary["carried_breaks"].values())
    attachments, left_out = choose_attachments(pack, attached_bytes_max)
    context = {
        "pack": pack,
        "summary": summary,
        "break_count": sum(summary["breaks"].values()),
        "carried_count": carried_count,
        "reject_count": sum(summary["rejects"].values()),
        "due_count": sum(summary["due"].values()),
        "trade_count": sum(summary["outcomes"].values()),
        "left_out": left_out,
        "chart_name": CHART_NAME,
        "has_chart": bool(summary["breaks"]),
    }
    message = EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = (
        f"End of day {summary['business_date']}, version {summary['version']}: "
        f"{format_count(summary['matched'])} matched, {format_count(context['break_count'])} breaks"
        + (f", {format_count(carried_count)} of earlier dates open" if carried_count else "")
    )
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(pack.version.created_at)
    message["Message-ID"] = make_message_id(pack, sender, recipient)
    message["Auto-Submitted"] = "auto-generated"
    environment = make_environment()
    message.set_content(environment.get_template("mail.txt.j2").render(context))
    message.add_alternative(
        environment.get_template("mail.html.j2").render(context), subtype="html"
    )
    if context["has_chart"]:
        html_part = message.get_payload()[1]  # type: ignore[index]
        assert isinstance(html_part, EmailMessage)  # noqa: S101  the alternative just added
        html_part.add_related(
            draw_breaks(summary), "image", "png", cid=f"<{CHART_NAME}>", filename=CHART_NAME,
            disposition="inline",
        )  # fmt: skip
    for path in attachments:
        subtype = "html" if path.suffix == ".html" else "csv"
        message.add_attachment(
            path.read_bytes(),
            maintype="text",
            subtype=subtype,
            filename=path.name,
            params={"charset": "utf-8"},
        )
    _fix_boundaries(message)
    return message


def make_message_id(pack: PublishedPack, sender: str, recipient: str) -> str:
    """The same for the same date, version, content and recipient, for ever."""
    identity = "|".join(
        (pack.business_date.isoformat(), str(pack.version.number), pack.version.content_hash,
         recipient)
    )  # fmt: skip
    digest = hashlib.sha256(identity.encode("utf-8")).hexdigest()[:24]
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    day = f"{pack.business_date:%Y%m%d}"
    return f"<end-of-day.{day}.v{pack.version.number}.{digest}@{domain}>"


def choose_attachments(pack: PublishedPack, bytes_max: int) -> tuple[list[Path], list[str]]:
    """What is attached, and the names of what is not: all, the page alone, or nothing."""
    files = [pack.page, *pack.tables]
    for attached in (files, files[:1]):
        if sum(path.stat().st_size for path in attached) <= bytes_max:
            return attached, [path.name for path in files if path not in attached]
    return [], [path.name for path in files]


def draw_breaks(summary: dict[str, Any]) -> bytes:
    """Open breaks by type as PNG."""
    ordered = sorted(summary["breaks"].items(), key=lambda item: (-item[1], item[0]))
    bars = [Bar(format_words(name), Decimal(count), format_count(count)) for name, count in ordered]
    return render_png(draw_bars("breaks", "Open breaks by type", bars, unit="breaks", width=480))


def _fix_boundaries(message: EmailMessage) -> None:
    # boundaries are random by default; they are made of the message's own id instead
    digest = hashlib.sha256(str(message["Message-ID"]).encode("ascii")).hexdigest()[:32]
    parts: Iterable[Any] = message.walk()
    for number, part in enumerate(part for part in parts if part.is_multipart()):
        part.set_boundary(f"=_{digest}_{number}")
