"""The commands that show what was told to whom."""

from __future__ import annotations

import json
import types

import pytest
from typer.testing import CliRunner

from posttrade.cli import main, observe

from .conftest import Books


@pytest.fixture
def commands(books: Books, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    instance = types.SimpleNamespace(trade_dsn=books.dsn)
    monkeypatch.setattr(observe.Instance, "load", lambda: instance)
    return CliRunner()


def test_alerts_are_listed_with_what_became_of_them(books: Books, commands: CliRunner) -> None:
    assert "no alerts" in commands.invoke(main.app, ["alerts", "list"]).output
    books.open_breaks(["T1"])
    books.look()
    books.run("update control.alert_deliveries set last_error = 'refused' where channel = 'mail'")
    books.run("update control.alert_deliveries set delivered_at = now() where channel = 'log'")
    told = json.loads(commands.invoke(main.app, ["alerts", "list", "--json"]).stdout)["alerts"]
    assert told[0]["channels"] == {
        "log": "delivered", "mail": "tried again: refused", "webhook": "waiting",
    }  # fmt: skip
    assert told[0]["text"] == "1 new break: 1 quantity mismatch; at risk USD 1,000.50"


def test_a_test_alert_can_be_asked_for_again_and_again(books: Books, commands: CliRunner) -> None:
    for _ in range(2):
        assert commands.invoke(main.app, ["alerts", "test"]).exit_code == 0
    assert books.look(1).raised == 1
    assert books.alerts()[0][:2] == ("test", 2)
