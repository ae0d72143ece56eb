"""From a task to the report it made: the step that renders, and the link on its page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

from posttrade_airflow.python_step import PythonStep

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

REPORTS_PREFIX = "/posttrade/reports"


class ReportLink(BaseOperatorLink):
    """Opens the report of the version this task rendered or mailed."""

    @property
    def name(self) -> str:
        """Words on the button."""
        return "Report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Asked once, in the task's process when it has ended; empty when it made no report."""
        return getattr(operator, "report_url", "")


class RenderReports(PythonStep):
    """Renders the pack of a date, and remembers where it is shown."""

    operator_extra_links = (ReportLink(),)

    def __init__(self, **options: Any) -> None:
        super().__init__(call="posttrade.reports.render_pack", **options)
        self.report_url = ""

    def run_step(self, context: Any) -> Any:
        """Render."""
        from posttrade_airflow.run_parameters import read_run_parameters

        pack = super().run_step(context)
        self.report_url = build_report_url(read_run_parameters(context).business_date, pack.version)
        self.log.info(
            "version %d %s: %s", pack.version, "made" if pack.is_new_version else "stands", pack.directory
        )
        return pack


def build_report_url(business_date: dt.date, version: int) -> str:
    """Path of a report's page on the Airflow server, below the path that it is served under."""
    base = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    page = f"end_of_day_{business_date:%Y%m%d}.html"
    return f"{base}{REPORTS_PREFIX}/{business_date.isoformat()}/v{version}/{page}"
