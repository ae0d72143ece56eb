"""What Airflow learns from this folder: a timetable, the report pages, tidying."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from posttrade_airflow import metadata_retention, run_retention
from posttrade_airflow.business_day_timetable import BusinessDayTimetable
from posttrade_airflow.report_link import REPORTS_PREFIX


class PosttradePlugin(AirflowPlugin):
    """Registered in every Airflow process, so it imports little."""

    name = "posttrade"
    timetables = [BusinessDayTimetable]  # noqa: RUF012 - the plugin interface wants plain lists
    listeners = [run_retention, metadata_retention]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Reports",
            "href": REPORTS_PREFIX.lstrip("/") + "/",
            "destination": "nav",
            "url_route": "reports",
        }
    ]

    @property
    def fastapi_apps(  # type: ignore[override]
        self,
    ) -> list[dict[str, Any]]:
        """The report pages; only the api-server asks, and only it pays for their libraries."""
        from posttrade_airflow.report_pages import app

        return [{"name": "reports", "app": app, "url_prefix": REPORTS_PREFIX}]
