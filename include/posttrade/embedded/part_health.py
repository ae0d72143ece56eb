"""Whether a part of Airflow is healthy, as its api-server says; for health checks of containers.

Run as ``python -m posttrade.embedded.part_health scheduler``; the exit code is 0 when it is. The
address of the api-server stands in ``POSTTRADE_AIRFLOW_URL``.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request

TIMEOUT_S = 10


def is_healthy(airflow_url: str, part: str) -> bool:
    """Ask the api-server; one that does not answer says nothing about the part, and is no yes."""
    url = f"{airflow_url.rstrip('/')}/api/v2/monitor/health"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - own setting
            facts = json.load(answer)
        return bool(facts[part]["status"] == "healthy")
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{part}: {error!r}\n")
        return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(os.environ["POSTTRADE_AIRFLOW_URL"], sys.argv[1]) else 1)
