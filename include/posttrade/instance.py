"""One running copy of the product: where its state lives, its ports, its secrets.

Everything that belongs to an instance lies under its home folder, readable by its owner only.
Ports and secrets are chosen once and kept, so that addresses stay the same from one `up` to the
next, and two instances with two homes never meet.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import random
import secrets
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posttrade.errors import ConfigurationError, Unavailable

REPOSITORY = Path(__file__).resolve().parents[2]
HOME_VARIABLE = "POSTTRADE_HOME"
MARKER_VARIABLE = "POSTTRADE_INSTANCE"
PORT_NAMES = ("postgres", "broker", "broker_controller", "smtp", "airflow", "metrics")
PORTS = range(20_000, 32_000)  # below every usual range of outgoing ports
PORT_ATTEMPTS_MAX = 200
EMBEDDED = "embedded"
KAFKA = "kafka"


@dataclasses.dataclass(frozen=True)
class Instance:
    """The facts about one instance; a plain value, reading it starts nothing.

    Attributes:
        home: folder that holds all state.
        name: random identity, carried by every process of the instance in its environment.
        ports: port of each service on 127.0.0.1.
        broker: ``embedded``, ``kafka`` or the ``HOST:PORT`` of a broker run by others.
        secrets: generated passwords and keys by name; kept out of ``repr``.
        otlp_endpoint: base address that Airflow's metrics and all traces are sent to by
            OTLP over HTTP; empty: neither is made.
    """

    home: Path
    name: str
    ports: Mapping[str, int]
    broker: str
    secrets: Mapping[str, str] = dataclasses.field(repr=False)
    otlp_endpoint: str = ""

    @classmethod
    def load(cls, home: Path | None = None) -> Instance:
        """Read an instance that `up` has made.

        Raises:
            ConfigurationError: there is none in this home.
        """
        home = find_home(home)
        try:
            facts = json.loads((home / "instance.json").read_text(encoding="utf-8"))
            secret_values = json.loads((home / "secrets.json").read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"no instance in {home}: start one with `./posttrade up`, or name another home "
                f"with --home or {HOME_VARIABLE}"
            ) from error
        except PermissionError as error:
            raise ConfigurationError(
                f"the instance in {home} belongs to another user: {error}"
            ) from error
        return cls(
            home,
            facts["name"],
            facts["ports"],
            facts["broker"],
            secret_values,
            facts.get("otlp_endpoint", ""),
        )

    @classmethod
    def create(cls, home: Path | None = None) -> Instance:
        """Read the instance of a home, or lay a new one there."""
        home = find_home(home)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
        if not (home / "secrets.json").exists():
            write_private(home / "secrets.json", json.dumps(generate_secrets(), indent=2))
        if not (home / "instance.json").exists():
            facts = {
                "name": uuid.uuid4().hex,
                "ports": choose_ports(PORT_NAMES),
                "broker": EMBEDDED,
            }
            write_private(home / "instance.json", json.dumps(facts, indent=2))
        instance = cls.load(home)
        for folder in (instance.logs_dir, instance.run_dir, instance.mail_dir):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return instance

    def replace(self, **changes: Any) -> Instance:
        """The instance with some facts changed, and written down."""
        changed = dataclasses.replace(self, **changes)
        facts = {
            "name": changed.name,
            "ports": dict(changed.ports),
            "broker": changed.broker,
            "otlp_endpoint": changed.otlp_endpoint,
        }
        write_private(self.home / "instance.json", json.dumps(facts, indent=2))
        return changed

    @property
    def run_dir(self) -> Path:
        """Where the supervisor keeps what it knows of each process."""
        return self.home / "run"

    @property
    def logs_dir(self) -> Path:
        """One file for each service; task logs below ``airflow``."""
        return self.home / "logs"

    @property
    def mail_dir(self) -> Path:
        """What the embedded mail server received, one ``.eml`` file each."""
        return self.home / "mail"

    @property
    def reports_dir(self) -> Path:
        """Report packs, by business date and version."""
        return Path(os.environ.get("POSTTRADE_REPORTS_DIR") or self.home / "reports")

    def database_dsn(self, database: str, user: str) -> str:
        """Connection string of one database for one role, password included."""
        return (
            f"host=127.0.0.1 port={self.ports['postgres']} dbname={database} user={user} "
            f"password={self.secrets['postgres_' + user]}"
        )

    @property
    def trade_dsn(self) -> str:
        """Connection string of the trade database."""
        return self.database_dsn("posttrade", "posttrade")

    @property
    def bootstrap_servers(self) -> str:
        """Address of the broker."""
        if self.broker in (EMBEDDED, KAFKA):
            return f"127.0.0.1:{self.ports['broker']}"
        return self.broker

    @property
    def kafka_config(self) -> dict[str, Any]:
        """Client settings that every use of the broker shares; nothing commits by itself."""
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "group.id": "posttrade",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
        }

    @property
    def airflow_url(self) -> str:
        """Address of the Airflow page."""
        return f"http://127.0.0.1:{self.ports['airflow']}"

    @property
    def metrics_url(self) -> str:
        """Address that Prometheus scrapes."""
        return f"http://127.0.0.1:{self.ports['metrics']}/metrics"

    @property
    def airflow_password_file(self) -> Path:
        """Name and password for the Airflow page, readable by the owner only."""
        return self.home / "airflow" / "passwords.json"

    def environment(self) -> dict[str, str]:
        """Environment of every process of the instance."""
        path = os.pathsep.join((str(REPOSITORY / "include"), str(REPOSITORY / "plugins")))
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
            "TZ": "UTC",
            "SPT_NOENV": "1",  # else a renamed process loses the marker below
            HOME_VARIABLE: str(self.home),
            MARKER_VARIABLE: self.name,
            "POSTTRADE_REPORTS_DIR": str(self.reports_dir),
        }

    def airflow_environment(self) -> dict[str, str]:
        """Environment for Airflow's processes and its command line."""
        from posttrade.embedded import airflow

        return airflow.build_environment(self)


def find_home(home: Path | None) -> Path:
    """The home folder: as named, or from the environment, or ``var`` in the repository."""
    named = home or os.environ.get(HOME_VARIABLE) or REPOSITORY / "var"
    return Path(named).expanduser().resolve()


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def generate_secrets() -> dict[str, str]:
    """New passwords and keys; URL-safe, so that none needs quoting anywhere."""
    names = ("postgres_postgres", "postgres_airflow", "postgres_posttrade", "airflow_admin")
    keys = ("airflow_jwt_secret", "airflow_api_secret")
    return {
        **{name: secrets.token_urlsafe(24) for name in names},
        **{name: secrets.token_urlsafe(48) for name in keys},
        "airflow_fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii"),
    }


def choose_ports(names: tuple[str, ...]) -> dict[str, int]:
    """A free port on 127.0.0.1 for each name, all different."""
    chosen: dict[str, int] = {}
    for name in names:
        for _ in range(PORT_ATTEMPTS_MAX):
            port = random.choice(PORTS)  # noqa: S311 - a port is no secret
            if port not in chosen.values() and is_port_free(port):
                chosen[name] = port
                break
        else:
            raise Unavailable(f"no free port on 127.0.0.1 in {PORT_ATTEMPTS_MAX} attempts")
    return chosen


def is_port_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_port_open(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something answers on this port."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
