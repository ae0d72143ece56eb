"""An instance: where its state lies, what is kept, and who may read it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from posttrade.errors import ConfigurationError
from posttrade.instance import Instance, find_home

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_ports_and_secrets_are_chosen_once(tmp_path: Path) -> None:
    first = Instance.create(tmp_path / "home")
    again = Instance.create(tmp_path / "home")
    assert again == first
    assert again.secrets == first.secrets


def test_two_homes_share_nothing(tmp_path: Path) -> None:
    one, other = (Instance.create(tmp_path / name) for name in ("one", "other"))
    assert one.name != other.name
    assert not set(one.secrets.values()) & set(other.secrets.values())
    assert len(set(one.ports.values())) == len(one.ports)


def test_everything_is_the_owners_only(tmp_path: Path) -> None:
    instance = Instance.create(tmp_path / "home")
    assert mode(instance.home / "secrets.json") == 0o600
    assert mode(instance.home / "instance.json") == 0o600
    for folder in (instance.home, instance.logs_dir, instance.run_dir, instance.mail_dir):
        assert mode(folder) == 0o700, folder


def test_an_open_home_is_closed_again(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    assert mode(Instance.create(tmp_path / "home").home) == 0o700


def test_secrets_do_not_show_in_repr(tmp_path: Path) -> None:
    instance = Instance.create(tmp_path)
    assert not [value for value in instance.secrets.values() if value in repr(instance)]


def test_a_home_without_an_instance_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"posttrade up"):
        Instance.load(tmp_path)


def test_home_is_named_or_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTTRADE_HOME", str(tmp_path / "environment"))
    assert find_home(tmp_path / "named") == tmp_path / "named"
    assert find_home(None) == tmp_path / "environment"
    monkeypatch.delenv("POSTTRADE_HOME")
    assert find_home(None).name == "var"


@pytest.mark.parametrize(
    ("broker", "address"), [("kafka.example:9092", "kafka.example:9092"), ("embedded", None)]
)
def test_the_broker_decides_the_address(tmp_path: Path, broker: str, address: str | None) -> None:
    instance = Instance.create(tmp_path).replace(broker=broker)
    assert Instance.load(tmp_path).broker == broker
    expected = address or f"127.0.0.1:{instance.ports['broker']}"
    assert instance.kafka_config["bootstrap.servers"] == expected
    assert instance.kafka_config["enable.auto.commit"] is False


def test_airflow_listens_here_only_and_learns_the_world_by_connections(tmp_path: Path) -> None:
    environment = Instance.create(tmp_path).airflow_environment()
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+")
    for name in ("POSTTRADE_DB", "KAFKA_DEFAULT", "SMTP_DEFAULT"):
        assert environment[f"AIRFLOW_CONN_{name}"].startswith("{")
