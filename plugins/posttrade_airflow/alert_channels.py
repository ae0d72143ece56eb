"""Airflow connections as the channels that alerts go out by."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from posttrade.alerts.delivery import Channel, LogChannel, MailChannel, WebhookChannel
from posttrade.errors import ConfigurationError
from posttrade_airflow.mail_step import DEFAULT_SENDER, MAIL_CONNECTION, choose_recipients

WEBHOOK_CONNECTION = "alerts_webhook"
log = logging.getLogger(__name__)
SMTP_PORTS = {True: 465, False: 25}


async def read_channels() -> dict[str, Channel]:
    """The log, and those channels whose connections exist; read anew each time.

    Mail goes to ``alerts_to`` in the extra of `MAIL_CONNECTION`, else to ``to`` there, as reports.
    A connection that cannot be used is said and left out; the others go on.
    """
    channels: dict[str, Channel] = {"log": LogChannel()}
    makers: dict[str, tuple[str, Callable[[Any], Channel]]] = {
        "mail": (MAIL_CONNECTION, make_mail_channel),
        "webhook": (WEBHOOK_CONNECTION, make_webhook_channel),
    }
    for channel, (name, make) in makers.items():
        connection = await find_connection(name)
        if connection is None:
            continue
        try:
            channels[channel] = make(connection)
        except ConfigurationError as error:
            log.error("no alerts by %s: %s", channel, error)
    return channels


async def find_connection(name: str) -> Any:
    """The connection of that name, or None."""
    try:
        return await BaseHook.aget_connection(name)
    except AirflowNotFoundException:
        return None


def make_mail_channel(connection: Any) -> MailChannel:
    """A mail server as the SMTP provider understands its connection.

    Raises:
        ConfigurationError: one of the recipients is no address.
    """
    extra = connection.extra_dejson
    is_tls = not is_true(extra.get("disable_ssl"))
    recipients = choose_recipients({"recipients": extra.get("alerts_to")}, extra)
    return MailChannel(
        host=connection.host,
        port=connection.port or SMTP_PORTS[is_tls],
        sender=extra.get("from_email") or DEFAULT_SENDER,
        recipients=tuple(recipients),
        user=connection.login or None,
        password=connection.password or None,
        is_tls=is_tls,
        starts_tls=not is_true(extra.get("disable_tls")),
    )


def make_webhook_channel(connection: Any) -> WebhookChannel:
    """A webhook at the address of an HTTP connection.

    Host with or without scheme, port, and the secret path as password (or ``path`` in the extra).

    Raises:
        ConfigurationError: there is no host.
    """
    host = (connection.host or "").rstrip("/")
    if not host:
        raise ConfigurationError(f"the connection {WEBHOOK_CONNECTION} names no host")
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    if connection.port:
        host = f"{host}:{connection.port}"
    path = (connection.password or connection.extra_dejson.get("path") or "").lstrip("/")
    return WebhookChannel(f"{host}/{path}" if path else host)


def is_true(value: object) -> bool:
    """A switch in a connection's extra, which may be written as text."""
    return str(value).strip().lower() in ("1", "true", "yes", "on")
