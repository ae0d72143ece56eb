"""Brings markets, calendars, instruments, parties, sources and tolerances up to date.

Every morning `load_reference_data` reads the files in `include/reference_data` and the exchange and
bank calendars, and changes only rows that differ. The same happens at `./posttrade up`.

**Rerun**: at any time; unchanged files change nothing. **To change a rule or add an instrument**,
edit the file and trigger this Dag: dates closed before keep what was valid for them where the
table carries `effective_from`.
"""

from __future__ import annotations

from airflow.sdk import DAG

from posttrade_airflow.python_step import PythonStep

with DAG(
    dag_id="reference_data",
    description="Bring reference data and calendars up to date",
    doc_md=__doc__,
    schedule="0 5 * * *",
    catchup=False,
    max_active_runs=1,
    tags=["post-trade", "reference data"],
):
    PythonStep(task_id="load_reference_data", call="posttrade.reference_data.load_reference_data")
