"""The drain as a task: hands on batch ids, shows message counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posttrade_airflow.python_step import PythonStep, read_dsn

if TYPE_CHECKING:
    from airflow.sdk import Context


class DrainFeeds(PythonStep):
    """Calls the drain; its result are the ids of the batches to work on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(call="posttrade.drain.drain_feeds", **options)

    def count_rows(self, context: Context, result: Any) -> dict[str, int]:
        """Batches to work on, messages drained now, and rows staged from them."""
        from posttrade.capture_progress import count_drained

        drained = count_drained(read_dsn(), context["run_id"])
        return {"batches": len(result), "rows_in": drained.rows_in, "rows_out": drained.rows_out}
