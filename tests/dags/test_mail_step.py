"""Who gets the mail, and what happens when it cannot be sent."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import choose_ports
from posttrade_airflow.mail_step import choose_recipients, open_mail_server, send_message


@pytest.mark.parametrize(
    ("params", "extra", "expected"),
    [
        ({}, {}, ["operations@localhost"]),
        ({}, {"to": "a@x.org, b@x.org"}, ["a@x.org", "b@x.org"]),
        ({}, {"to": ["a@x.org", "a@x.org"]}, ["a@x.org"]),
        ({"recipients": ["c@x.org"]}, {"to": "a@x.org"}, ["c@x.org"]),
        ({"recipients": []}, {"to": "a@x.org"}, ["a@x.org"]),
    ],
)
def test_recipients(params: dict[str, Any], extra: dict[str, Any], expected: list[str]) -> None:
    assert choose_recipients(params, extra) == expected


@pytest.mark.parametrize("wrong", ["nobody", "a@x.org\r\nBcc: b@x.org", "a b@x.org", " , "])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="no mail address"):
        choose_recipients({"recipients": [wrong]}, {})


def connect_to(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {
        "conn_type": "smtp", "host": "127.0.0.1", "port": port,
        "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "desk@x.org",
                  "retry_limit": 0, "timeout": 5},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))


def make_message() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "desk@x.org", "a@x.org", "closed"
    message.set_content("matched 3")
    return message


class Keeper:
    """A mail server's handler that keeps or refuses what it is sent."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.received: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope)
        return self.answer


@pytest.mark.parametrize("answer", ["250 taken", "451 later"])
def test_the_connections_server_gets_the_message(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    port = choose_ports(("smtp",))["smtp"]
    connect_to(port, monkeypatch)
    keeper = Keeper(answer)
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with open_mail_server() as server:
            assert server.from_email == "desk@x.org"
            if answer.startswith("250"):
                send_message(server, make_message())
            else:
                with pytest.raises(Unavailable, match="did not take the mail to"):
                    send_message(server, make_message())
    finally:
        controller.stop()
    assert keeper.received[0].rcpt_tos == ["a@x.org"]
    assert b"matched 3" in keeper.received[0].content


def test_a_server_that_is_away_may_be_there_later(monkeypatch: pytest.MonkeyPatch) -> None:
    connect_to(choose_ports(("smtp",))["smtp"], monkeypatch)
    with pytest.raises(Unavailable, match="smtp_default does not answer"), open_mail_server():
        pass
