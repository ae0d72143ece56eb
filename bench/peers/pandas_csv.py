"""Peer of the export: pandas reads the rows and writes the file; cells stay as they are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy

from bench.harness import read_sql, timed
from posttrade.quality.engine import connection_url


def write_csv(database: str, business_date: dt.date, path: str) -> tuple[float, dict[str, Any]]:
    """Seconds until the file is written, and its rows."""
    engine = sqlalchemy.create_engine(connection_url(database))
    query = sqlalchemy.text(read_sql("export/select_rejects").replace("%(business_date)s", ":day"))

    def write() -> int:
        with engine.connect() as connection:
            frame = pd.read_sql(query, connection, params={"day": business_date})
        frame.to_csv(path, index=False)
        return len(frame)

    seconds, rows = timed(write)
    return seconds, {"rows": rows, "bytes": Path(path).stat().st_size}
