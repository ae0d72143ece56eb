"""Makes room for the coming days, and removes what need not be kept.

| task | does |
|---|---|
| `make_partitions` | partitions for the next ten business days, and the next week's raw messages |
| `remove_expired` | removes what is older than the policy; each subject is a transaction |
| `vacuum_tables` | gives room back, and counts anew what the planner leans on |

**What goes, and when**: `include/reference_data/retention_policies.csv`, days per subject: raw
messages (whole days, only when all their batches are finished; how many they were stays known),
staged leftovers, details of old quality results, the run log, published outbox messages, and
Airflow's own runs, tasks and XComs (removed by the scheduler when this run has ended well: tasks
cannot reach Airflow's metadata; its audit log stays).

**What never goes**: trades, matches, breaks and their events, rejects with their bytes, counts,
closes, reports, alerts. No policy can name them, and `remove_expired` rolls back and fails should a
step touch them.

**Rerun**: at any time; a second run finds nothing left. **`remove_expired` failed with
Unavailable**: a table was in use for longer than five seconds; it is tried again.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG

from posttrade_airflow.python_step import PythonStep

with DAG(
    dag_id="housekeeping",
    description="Partitions ahead of time, retention by policy, vacuum",
    doc_md=__doc__,
    schedule="30 4 * * *",
    start_date=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["upkeep"],
):
    make_partitions = PythonStep(
        task_id="make_partitions", call="posttrade.housekeeping.make_partitions"
    )
    remove_expired = PythonStep(
        task_id="remove_expired", call="posttrade.housekeeping.remove_expired"
    )
    vacuum_tables = PythonStep(task_id="vacuum_tables", call="posttrade.housekeeping.vacuum_tables")

    make_partitions >> remove_expired >> vacuum_tables
