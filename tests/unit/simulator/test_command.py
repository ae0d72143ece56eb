"""The command line's own reading of its options, and the dates it takes when none are stated."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from posttrade.cli import simulate as command
from posttrade.cli.main import app
from posttrade.errors import ConfigurationError
from posttrade.simulator.catalogue import read_catalogue
from posttrade.simulator.settlement import SettlementDates, latest_session


@pytest.mark.parametrize(
    ("now", "session"),
    [
        ("2026-11-20T15:59:00-05:00", "2026-11-19"),
        ("2026-11-20T16:00:00-05:00", "2026-11-20"),
        ("2026-11-22T12:00:00-05:00", "2026-11-20"),
        ("2026-11-26T23:00:00-05:00", "2026-11-25"),  # Thanksgiving
    ],
)
def test_the_latest_session_is_one_that_is_over(now: str, session: str) -> None:
    assert latest_session(dt.datetime.fromisoformat(now)).isoformat() == session


def test_settlement_knows_that_trading_days_may_not_settle() -> None:
    apple = next(each for each in read_catalogue().instruments if each.symbol == "AAPL")
    dates = SettlementDates(dt.date(2026, 11, 10))
    assert dates.of_instrument(apple) == dt.date(2026, 11, 12)  # 11 November: banks are closed
    assert SettlementDates(dt.date(2026, 11, 14)).of_instrument(apple) == dt.date(2026, 11, 16)


@pytest.mark.parametrize("text", ["0", "-5", "fast", "1.5"])
def test_nonsense_rates_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="rate"):
        command.read_rate(text)


def test_a_nonsense_date_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="2026-02-30"):
        command.read_date("2026-02-30")


@pytest.mark.parametrize(("text", "count"), [(None, 20), ("1", 1000), ("2", 0), ("10%", 100)])
def test_the_contract_option(text: str | None, count: int) -> None:
    assert command.read_contract(text).count_of(1000) == count


def test_a_day_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (address,) = holder.list_topics(timeout=10).brokers.values()

    class Running:
        home = tmp_path
        kafka_config = {"bootstrap.servers": f"{address.host}:{address.port}"}  # noqa: RUF012

    monkeypatch.setattr("posttrade.cli.simulate.Instance.load", lambda: Running)
    monkeypatch.setattr("posttrade.topics.ensure_topics", lambda config: [])
    call = ["simulate", "--date", "2026-11-19", "--trades", "50", "--malformed", "3", "--json"]
    answer = CliRunner().invoke(app, call)
    assert answer.exit_code == 0, answer.output
    result = json.loads(answer.stdout.splitlines()[-1])
    assert result["business_date"] == "2026-11-19"
    assert sum(result["malformed"].values()) == 3
    assert result["planted"]["missing_execution"] >= 1
    assert (tmp_path / "truth" / "2026-11-19" / "summary.json").exists()
