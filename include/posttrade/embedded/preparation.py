"""What has to be there before Airflow starts, for deployments that start it themselves.

Run as ``python -m posttrade.embedded.preparation`` with Airflow's environment: migrates Airflow's
metadata and the trade database, loads the reference data, makes missing topics, and writes the
password file of Airflow's page when the environment names a password.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from posttrade.embedded.airflow import ADMINISTRATOR, airflow_command
from posttrade.embedded.kafka import create_topics
from posttrade.embedded.stack import prepare_trade_database
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import write_private


def require(name: str) -> str:
    """A variable of the environment.

    Raises:
        ConfigurationError: it is not set.
    """
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(f"{name} is not set in the environment")
    return value


def prepare() -> None:
    """Do it all; every step can be repeated."""
    password_file = Path(require("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"))
    password = json.dumps({ADMINISTRATOR: require("AIRFLOW_ADMIN_PASSWORD")})
    write_private(password_file, password + "\n")
    if subprocess.run([*airflow_command(), "db", "migrate"], check=False).returncode != 0:
        raise Unavailable("Airflow's metadata cannot be migrated: see above")
    applied = prepare_trade_database(require("POSTTRADE_DSN"))
    sys.stderr.write(f"trade database: {applied} migrations applied\n")
    create_topics(json.loads(require("AIRFLOW_CONN_KAFKA_DEFAULT"))["extra"])


if __name__ == "__main__":
    prepare()
