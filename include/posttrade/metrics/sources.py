"""Where metrics come from: database, broker, Airflow, the embedded broker's own count."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import EMBEDDED, Instance

DSN_VARIABLE = "POSTTRADE_DSN"
KAFKA_VARIABLE = "AIRFLOW_CONN_KAFKA_DEFAULT"
AIRFLOW_VARIABLE = "POSTTRADE_AIRFLOW_URL"
ANSWER_DEADLINE_S = 3.0


@dataclasses.dataclass(frozen=True)
class Sources:
    """What there is to ask.

    Attributes:
        dsn: the trade database.
        kafka_config: client settings of the broker.
        airflow_url: address of Airflow's api-server.
        fill_path: file in which the embedded broker says how full it is, if it is that one.
        instance: the instance whose supervisor knows the services; None in a container.
    """

    dsn: str = dataclasses.field(repr=False)
    kafka_config: Mapping[str, Any] = dataclasses.field(repr=False)
    airflow_url: str
    fill_path: Path | None = None
    instance: Instance | None = None

    @classmethod
    def of_instance(cls, instance: Instance) -> Sources:
        """Those of an instance on this machine."""
        from posttrade.embedded import broker

        fill_path = broker.fill_path(instance) if instance.broker == EMBEDDED else None
        return cls(
            instance.trade_dsn, instance.kafka_config, instance.airflow_url, fill_path, instance
        )

    @classmethod
    def of_environment(cls) -> Sources:
        """Those that the environment names, where there is no instance: in a container.

        Raises:
            ConfigurationError: one of the variables is missing or cannot be read.
        """
        try:
            kafka_config = json.loads(os.environ[KAFKA_VARIABLE])["extra"]
            return cls(os.environ[DSN_VARIABLE], kafka_config, os.environ[AIRFLOW_VARIABLE])
        except (KeyError, ValueError) as error:
            raise ConfigurationError(
                f"metrics need {DSN_VARIABLE}, {KAFKA_VARIABLE} (JSON with extra) and "
                f"{AIRFLOW_VARIABLE}: {error}"
            ) from error

    def read_airflow_health(self) -> dict[str, bool]:
        """Whether each part of Airflow is healthy.

        Raises:
            Unavailable: the api-server does not answer.
        """
        parts = urlsplit(self.airflow_url)
        make = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = make(parts.hostname or "", parts.port, timeout=ANSWER_DEADLINE_S)
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}/api/v2/monitor/health")
            facts = json.loads(connection.getresponse().read())
            return {name: part.get("status") == "healthy" for name, part in facts.items()}
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            raise Unavailable(f"Airflow's api-server does not answer: {error}") from error
        finally:
            connection.close()

    def read_services(self) -> dict[str, dict[str, Any]]:
        """What the supervisor knows of each service of an instance."""
        if self.instance is None:
            return {}
        from posttrade.embedded.state import describe_services

        return describe_services(self.instance)

    def read_fill(self) -> dict[str, float]:
        """How full the fullest partition of each topic of the embedded broker is, from 0 to 1."""
        if self.fill_path is None:
            return {}
        try:
            topics = json.loads(self.fill_path.read_text(encoding="utf-8"))["topics"]
            return {name: float(facts["fullest_partition"]) for name, facts in topics.items()}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
