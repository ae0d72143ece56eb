"""The mail: counts in the text, files attached, the same bytes for the same pack."""

from __future__ import annotations

import csv
import datetime as dt
import email
import email.policy
import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from posttrade.reports import Pack
from posttrade.reports.facts import TABLES
from posttrade.reports.mail import compose_mail, read_pack, record_mail

from .day import BUSINESS_DATE, Day

SENDER = "Post-trade <posttrade@localhost>"
WHOLE_PACK = len(TABLES) + 1  # the page, too


def compose(dsn: str, reports_dir: Path, recipient: str = "ops@localhost", **options: int) -> bytes:
    pack = read_pack(dsn, BUSINESS_DATE, reports_dir)
    return compose_mail(pack, sender=SENDER, recipient=recipient, **options).as_bytes()


def parse(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture
def rendered(lay: Callable[[Day], None], render: Callable[[], Pack]) -> Pack:
    lay(Day())
    return render()


def test_mail_carries_the_pack(rendered: Pack, trade_dsn: str, reports_dir: Path) -> None:
    message = parse(compose(trade_dsn, reports_dir))
    assert message["Subject"] == "End of day 2026-11-12, version 1: 516 matched, 15 breaks"
    attached = {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    assert set(attached) == set(rendered.files)
    for part in message.iter_attachments():
        name = str(part.get_filename())
        assert part.get_payload(decode=True) == (rendered.directory / name).read_bytes()
    text = message.get_body(("plain",))
    assert text is not None
    assert "Open breaks       15" in text.get_content()
    assert str(rendered.directory) in text.get_content()
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    body = pages[0].get_content()
    assert "http" not in body
    assert "<script" not in body
    assert "cid:open_breaks.png" in body
    images = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert [image["Content-ID"] for image in images] == ["<open_breaks.png>"]
    rows = list(csv.DictReader(io.StringIO(str(attached["breaks_20261112.csv"]))))
    assert len(rows) == 15


def test_a_retry_is_recognisable(rendered: Pack, trade_dsn: str, reports_dir: Path) -> None:
    assert rendered.is_new_version
    first = compose(trade_dsn, reports_dir)
    assert compose(trade_dsn, reports_dir) == first
    other = parse(compose(trade_dsn, reports_dir, "audit@localhost"))
    assert other["Message-ID"] != parse(first)["Message-ID"]


def test_recipients_are_recorded_once(rendered: Pack, trade_dsn: str, reports_dir: Path) -> None:
    pack = read_pack(trade_dsn, BUSINESS_DATE, reports_dir)
    assert rendered.version == pack.version.number
    assert pack.mailed_to == frozenset()
    for _ in range(2):
        record_mail(trade_dsn, pack, recipient="ops@localhost", message_id="<1@x>")
    assert read_pack(trade_dsn, BUSINESS_DATE, reports_dir).mailed_to == {"ops@localhost"}


@pytest.mark.parametrize(
    ("bytes_max", "attached"),
    [(10**9, WHOLE_PACK), (400_000, WHOLE_PACK), (10, 0)],
)
def test_large_packs(
    rendered: Pack, trade_dsn: str, reports_dir: Path, bytes_max: int, attached: int
) -> None:
    message = parse(compose(trade_dsn, reports_dir, attached_bytes_max=bytes_max))
    assert len(list(message.iter_attachments())) == attached
    page = rendered.directory / "end_of_day_20261112.html"
    alone = parse(compose(trade_dsn, reports_dir, attached_bytes_max=page.stat().st_size))
    assert [part.get_filename() for part in alone.iter_attachments()] == [page.name]
    text = alone.get_body(("plain",))
    assert text is not None
    assert "Too large for a mail, not attached: affirmation_20261112.csv" in text.get_content()


def test_a_quiet_day_is_mailed_too(
    lay: Callable[[Day], None], render: Callable[[], Pack], trade_dsn: str, reports_dir: Path
) -> None:
    lay(Day(trade_count=0, reject_count=0))
    render()
    message = parse(compose(trade_dsn, reports_dir))
    assert message["Subject"].endswith("0 matched, 0 breaks")
    assert not [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert isinstance(message["Date"].datetime, dt.datetime)


def test_open_breaks_of_earlier_dates_are_told_apart(
    lay: Callable[[Day], None],
    render: Callable[[], Pack],
    change: Callable[[str], None],
    trade_dsn: str,
    reports_dir: Path,
) -> None:
    lay(Day(trade_count=600, reject_count=0))
    change(
        "select control.ensure_partitions('2026-11-11'), control.ensure_partitions('2026-11-02');"
        "update recon.breaks set opened_at = timestamptz '2026-11-10 20:00Z',"
        " business_date = case when break_type = 'price_mismatch' then date '2026-11-02'"
        " else date '2026-11-11' end"
    )
    pack = render()
    page = (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")
    assert "No open breaks of this date; 15 of earlier dates still open" in page
    assert "No breaks of this date." in page
    message = parse(compose(trade_dsn, reports_dir))
    assert message["Subject"].endswith("0 breaks, 15 of earlier dates open")
    text = message.get_body(("plain",))
    assert text is not None
    assert "Of earlier dates  15 still open" in text.get_content()
    table = pack.directory / "carried_breaks_20261112.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert {(row["break_type"] == "price_mismatch", row["days_old"]) for row in rows} == {
        (True, "10"),
        (False, "1"),
    }
    # what is mended later does not change what was told
    change(
        "update recon.breaks set status = 'RESOLVED', resolved_at = now() + interval '1 day',"
        " resolved_run_id = 'later', resolved_reason = 'agreed'"
    )
    assert not render().is_new_version
