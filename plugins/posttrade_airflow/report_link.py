"""From a task to the pages it made: the steps that make them, and the link on their page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

from posttrade_airflow.python_step import PythonStep
from posttrade_airflow.run_parameters import read_run_parameters

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

REPORTS_PREFIX = "/posttrade/reports"


class ReportLink(BaseOperatorLink):
    """Opens the report of the version that a task rendered or mailed."""

    @property
    def name(self) -> str:
        """Words on the button."""
        return "Report"

    def get_link(
        self,
        operator: BaseOperator,
        *,
        ti_key: TaskInstanceKey,  # noqa: ARG002 - the interface names it
    ) -> str:
        """Asked once, in the task's process when it has ended; empty when it made no page."""
        return str(getattr(operator, "page_url", ""))


class DataDocsLink(ReportLink):
    """Opens the pages of Great Expectations of a date."""

    @property
    def name(self) -> str:
        """Words on the button."""
        return "Data Docs"


class RenderReports(PythonStep):
    """Renders the pack of a date, and remembers where it is shown."""

    operator_extra_links = (ReportLink(),)

    def __init__(self, **options: Any) -> None:
        super().__init__(call="posttrade.reports.render_pack", **options)
        self.page_url = ""

    def run_step(self, context: Any) -> Any:
        """Render."""
        self.arguments["without_previous"] = bool(context["params"].get("without_previous"))
        pack = super().run_step(context)
        self.page_url = build_report_url(read_run_parameters(context).business_date, pack.version)
        verb = "made" if pack.is_new_version else "stands"
        self.log.info("version %d %s: %s", pack.version, verb, pack.directory)
        return pack


class BuildDataDocs(PythonStep):
    """Builds the pages of Great Expectations of a date, and remembers where they are shown."""

    operator_extra_links = (DataDocsLink(),)

    def __init__(self, **options: Any) -> None:
        super().__init__(call="posttrade.quality.build_data_docs", **options)
        self.page_url = ""

    def run_step(self, context: Any) -> Any:
        """Build."""
        docs = super().run_step(context)
        business_date = read_run_parameters(context).business_date
        self.page_url = f"{find_prefix()}/data-docs/{business_date.isoformat()}/{docs.index.name}"
        return docs


def find_prefix() -> str:
    """Where the pages start on the Airflow server, below the path that it is served under."""
    base = urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")
    return f"{base}{REPORTS_PREFIX}"


def build_report_url(business_date: dt.date, version: int) -> str:
    """Path of a report's page on the Airflow server."""
    page = f"end_of_day_{business_date:%Y%m%d}.html"
    return f"{find_prefix()}/{business_date.isoformat()}/v{version}/{page}"
