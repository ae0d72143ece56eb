"""Hands alerts to people by log, mail and webhook; what fails is recorded and tried again."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg

from posttrade.alerts.message import Alert, clean, compose_mail, compose_slack, describe_line
from posttrade.database import connect
from posttrade.errors import ConfigurationError, PostTradeError, Unavailable
from posttrade.statements import read_statement

CHANNELS = ("log", "mail", "webhook")
ATTEMPTS_MAX = 10
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 900
DELIVERIES_MAX = 50
ANSWER_DEADLINE_S = 10.0
ERROR_LENGTH_MAX = 300
log = logging.getLogger("posttrade.alerts")


class Channel(Protocol):
    """One way to people."""

    def send(self, alert: Alert) -> None:
        """Hand over one alert.

        Raises:
            Unavailable: not now; it is tried again.
            ConfigurationError: never like this; it is given up.
        """


class LogChannel:
    """One line in the log of whoever delivers."""

    def send(self, alert: Alert) -> None:
        """Write it."""
        log.warning("ALERT %d %s: %s", alert.alert_id, alert.kind, clean(describe_line(alert)))


@dataclasses.dataclass(frozen=True)
class MailChannel:
    """A mail server, and who is mailed to."""

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    is_tls: bool = False
    starts_tls: bool = False

    def send(self, alert: Alert) -> None:
        """Mail it to all recipients at once."""
        message = compose_mail(alert, sender=self.sender, recipients=self.recipients)
        try:
            with self._connect() as client:
                if self.starts_tls and not self.is_tls:
                    client.starttls(context=ssl.create_default_context())
                if self.user:
                    client.login(self.user, self.password or "")
                refused = client.send_message(message)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise ConfigurationError(f"the mail server refuses us: {error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(f"the mail server did not take it: {error}") from error
        if refused:
            log.warning("the mail server refused %s", ", ".join(refused))

    def _connect(self) -> smtplib.SMTP:
        if not self.is_tls:
            return smtplib.SMTP(self.host, self.port, timeout=ANSWER_DEADLINE_S)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(self.host, self.port, timeout=ANSWER_DEADLINE_S, context=context)


@dataclasses.dataclass(frozen=True)
class WebhookChannel:
    """An incoming webhook that takes what Slack takes; its address is a secret."""

    url: str = dataclasses.field(repr=False)

    def send(self, alert: Alert) -> None:
        """Post it."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ConfigurationError("the webhook's address is neither http nor https")
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            self.url,
            data=json.dumps(compose_slack(alert)).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        # no redirects: they would carry the message to an address that nobody set up
        opener = urllib.request.build_opener(_NoRedirects)
        try:
            with opener.open(request, timeout=ANSWER_DEADLINE_S) as answer:
                answer.read(1024)
        except urllib.error.HTTPError as error:
            problem = f"the webhook answered {error.code}"
            if error.code in (408, 425, 429) or error.code >= 500:
                raise Unavailable(problem) from None
            raise ConfigurationError(problem) from None
        except (OSError, ValueError) as error:
            raise Unavailable(f"the webhook does not answer: {type(error).__name__}") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """An answer of 3xx is an error."""


@dataclasses.dataclass(frozen=True)
class Delivered:
    """How many deliveries ended well, and how many failed this time."""

    delivered: int = 0
    failed: int = 0


def deliver_alerts(dsn: str, channels: Mapping[str, Channel]) -> Delivered:
    """Make every delivery that is due, each in its own transactions.

    An attempt is counted before it is made. After `ATTEMPTS_MAX` of them, with pauses that double
    up to `LONGEST_PAUSE_S`, a delivery is given up; that stands in ``control.alert_deliveries`` and
    in the metrics.

    Args:
        dsn: the trade database.
        channels: those that are set up, by name; deliveries to others are marked as not set up.

    Raises:
        Unavailable: the database does not answer.
    """
    delivered = failed = 0
    with _open(dsn) as connection:
        absent = [name for name in CHANNELS if name not in channels]
        connection.execute(read_statement("alerts/skip_channels"), {"channels": absent})
        for _ in range(DELIVERIES_MAX):
            claimed = _claim(connection, list(channels))
            if claimed is None:
                break
            channel, alert = claimed
            key = {"alert_id": alert.alert_id, "channel": channel}
            error = _send(channels[channel], channel, alert)
            if error is None:
                delivered += 1
                connection.execute(read_statement("alerts/record_delivery"), key)
                continue
            failed += 1
            outcome = {
                "error": clean(f"{error}")[:ERROR_LENGTH_MAX],
                "pause_s": FIRST_PAUSE_S,
                "attempts_max": ATTEMPTS_MAX,
                "is_final": isinstance(error, ConfigurationError),
            }
            connection.execute(read_statement("alerts/record_failure"), {**key, **outcome})
    return Delivered(delivered, failed)


def _send(channel: Channel, name: str, alert: Alert) -> Exception | None:
    """What one attempt failed with; whatever it is, it must not keep the others waiting."""
    try:
        channel.send(alert)
    except PostTradeError as error:
        log.warning("alert %d not delivered by %s: %s", alert.alert_id, name, error)
        return error
    except Exception as error:
        log.exception("alert %d not delivered by %s", alert.alert_id, name)
        return error
    return None


@contextlib.contextmanager
def _open(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(dsn, application_name="posttrade alerts") as connection:
        connection.autocommit = True
        yield connection


def _claim(connection: psycopg.Connection[Any], channels: list[str]) -> tuple[str, Alert] | None:
    row = connection.execute(
        read_statement("alerts/claim_delivery"),
        {
            "channels": channels,
            "first_pause_s": FIRST_PAUSE_S,
            "longest_pause_s": LONGEST_PAUSE_S,
        },
    ).fetchone()
    if row is None:
        return None
    alert_id, channel, _, kind, item_count, facts, raised_at = row
    return channel, Alert(alert_id, kind, item_count, facts, raised_at)
