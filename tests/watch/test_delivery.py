"""Delivery to servers that are really there, do not answer, refuse, or come back."""

from __future__ import annotations

import contextlib
import email
import email.policy
import http.server
import json
import logging
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from posttrade.alerts import delivery
from posttrade.alerts.delivery import (
    Channel,
    Delivered,
    LogChannel,
    MailChannel,
    WebhookChannel,
    deliver_alerts,
)
from posttrade.instance import choose_ports

from .conftest import Books

DELIVERIES = """
    select channel, attempt_count, delivered_at is not null, given_up_at is not null, last_error
    from control.alert_deliveries order by channel
"""


class Mailbox:
    """A mail server's handler that answers what the test says."""

    def __init__(self) -> None:
        self.answer = "250 kept"
        self.received: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.received.append(message)  # type: ignore[arg-type]
        return self.answer


class Hook:
    """A webhook that answers what the test says."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[dict[str, Any]] = []
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    hook.received.append(json.loads(body))
                self.send_response(hook.status)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/SECRET"


@contextlib.contextmanager
def running(mailbox: Mailbox, port: int) -> Iterator[None]:
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield
    finally:
        server.stop()


@pytest.fixture
def mail_port() -> int:
    return choose_ports(("smtp",))["smtp"]


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    thread = threading.Thread(target=hook.server.serve_forever, daemon=True)
    thread.start()
    yield hook
    hook.server.shutdown()
    hook.server.server_close()


@pytest.fixture
def channels(mail_port: int, hook: Hook) -> dict[str, Channel]:
    mail = MailChannel("127.0.0.1", mail_port, "posttrade@localhost", ("a@x.org", "b@x.org"))
    return {"log": LogChannel(), "mail": mail, "webhook": WebhookChannel(hook.url)}


@pytest.fixture
def raised(books: Books) -> Books:
    books.open_breaks([f"T{number}" for number in range(1_000)])
    books.open_breaks(["<b>&amp;\u202e"], "price_mismatch", "5", "EUR")
    assert books.look(30).raised == 1
    books.run("update control.alert_deliveries set next_attempt_at = now()")
    return books


def hurry(books: Books) -> None:
    books.run("update control.alert_deliveries set next_attempt_at = now() - interval '1 second'")


def test_one_alert_reaches_every_channel_once(
    raised: Books,
    channels: dict[str, Channel],
    hook: Hook,
    mail_port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailbox = Mailbox()
    with running(mailbox, mail_port), caplog.at_level(logging.WARNING):
        assert deliver_alerts(raised.dsn, channels) == Delivered(3, 0)
        hurry(raised)
        assert deliver_alerts(raised.dsn, channels) == Delivered(0, 0)
    (mail,) = mailbox.received
    assert str(mail["Subject"]).startswith(
        "1,001 new breaks: 1,000 quantity mismatch, 1 price mismatch; at risk USD 1,000,500.00"
    )
    assert mail["To"] == "a@x.org, b@x.org"
    assert mail["Message-ID"].startswith("<alert.1.")
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "&lt;b&gt;&amp;amp;⟨U+202E⟩" in html
    assert "<script" not in html
    assert "http" not in html
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert " 1,000  Quantity mismatch" in text
    assert "EUR 5.00" in text
    (posted,) = hook.received
    assert posted["blocks"][0]["text"]["text"] == "1,001 new breaks"
    assert "<b>" not in json.dumps(posted)
    told = [record.getMessage() for record in caplog.records if record.name == "posttrade.alerts"]
    assert [text[:26] for text in told] == ["ALERT 1 break_opened: 1,00"]


def test_what_fails_is_recorded_and_tried_again(
    raised: Books, channels: dict[str, Channel], hook: Hook, mail_port: int
) -> None:
    hook.status = 503
    assert deliver_alerts(raised.dsn, channels) == Delivered(1, 2)
    mail, webhook = (row for row in raised.run(DELIVERIES) if row[0] != "log")
    assert mail[:4] == ("mail", 1, False, False)
    assert "Connection refused" in mail[4]
    assert webhook == ("webhook", 1, False, False, "the webhook answered 503")
    assert deliver_alerts(raised.dsn, channels) == Delivered(0, 0), "not before its time"
    hook.status = 200
    mailbox = Mailbox()
    mailbox.answer = "451 later"
    with running(mailbox, mail_port):
        hurry(raised)
        assert deliver_alerts(raised.dsn, channels) == Delivered(1, 1)
        mailbox.answer = "250 kept"
        hurry(raised)
        assert deliver_alerts(raised.dsn, channels) == Delivered(1, 0)
    assert len(mailbox.received) == len(hook.received) == 1
    assert all(row[2] for row in raised.run(DELIVERIES))


def test_attempts_have_an_end(raised: Books, channels: dict[str, Channel], hook: Hook) -> None:
    hook.status = 500
    for _ in range(delivery.ATTEMPTS_MAX + 3):
        hurry(raised)
        deliver_alerts(raised.dsn, channels)
    rows = {row[0]: row[1:4] for row in raised.run(DELIVERIES)}
    assert rows == {
        "log": (1, True, False),
        "mail": (10, False, True),
        "webhook": (10, False, True),
    }


def test_one_channel_that_breaks_in_a_new_way_does_not_hold_up_the_others(
    raised: Books, channels: dict[str, Channel], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("no such filter")

    monkeypatch.setattr(delivery, "compose_mail", fail)
    assert deliver_alerts(raised.dsn, channels) == Delivered(2, 1)
    rows = {row[0]: row[2:] for row in raised.run(DELIVERIES)}
    assert rows["mail"] == (False, False, "'no such filter'")
    assert len(hook.received) == 1


@pytest.mark.parametrize("status", [302, 403, 404])
def test_what_can_never_succeed_is_given_up_and_says_no_secret(
    raised: Books, hook: Hook, status: int
) -> None:
    hook.status = status
    assert deliver_alerts(raised.dsn, {"webhook": WebhookChannel(hook.url)}).failed == 1
    rows = {row[0]: row[3:] for row in raised.run(DELIVERIES)}
    assert rows["webhook"] == (True, f"the webhook answered {status}")
    assert rows["mail"] == (True, "not set up")
    assert "SECRET" not in repr(WebhookChannel(hook.url))


def test_a_crash_while_sending_repeats_the_message_later_and_only_once(
    raised: Books, mail_port: int
) -> None:
    mailbox = Mailbox()

    class Crashing(MailChannel):
        def send(self, alert: Any) -> None:
            super().send(alert)
            raise KeyboardInterrupt  # the process ends between sending and writing it down

    facts = ("127.0.0.1", mail_port, "posttrade@localhost", ("a@x.org",))
    with running(mailbox, mail_port):
        with pytest.raises(KeyboardInterrupt):
            deliver_alerts(raised.dsn, {"mail": Crashing(*facts)})
        assert deliver_alerts(raised.dsn, {"mail": MailChannel(*facts)}) == Delivered(0, 0)
        hurry(raised)
        assert deliver_alerts(raised.dsn, {"mail": MailChannel(*facts)}) == Delivered(1, 0)
    first, second = mailbox.received
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
