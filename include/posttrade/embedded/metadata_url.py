"""Prints the address of Airflow's metadata, for ``AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD``.

An address is a URL, in which a password with special characters has to be quoted; nothing but a
program can do that in a container. The parts stand in ``AIRFLOW_DB_HOST`` (default ``postgres``)
and ``AIRFLOW_DB_PASSWORD``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from urllib.parse import quote


def build_url(environment: Mapping[str, str]) -> str:
    """The URL, with everything in it that is needed to sign in."""
    password = quote(environment["AIRFLOW_DB_PASSWORD"], safe="")
    host = environment.get("AIRFLOW_DB_HOST", "postgres")
    return f"postgresql+psycopg2://airflow:{password}@{host}/airflow"


if __name__ == "__main__":
    sys.stdout.write(build_url(os.environ))
