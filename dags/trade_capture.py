"""Takes messages from Kafka to matched trades, all day long.

One run after the other (`@continuous`), each a micro-batch:

| task | does |
|---|---|
| `wait_for_messages` | ends at once while there is work; else waits outside the worker |
| `drain_feeds` | raw messages, typed rows or rejects, and the offsets, in one transaction |
| `validate_batches` | Great Expectations; failing rows are quarantined, table rules stop it |
| `promote_batches` | gives each record its business date, drops duplicates, stores conflicts |
| `reconcile_batches` | compares the trades the batch touched, and those whose grace is over |
| `publish_outbox` | sends enriched trades to Kafka, while the trades are compared |

**Rerun.** Every task may run again at any time, also after kill -9: it finds its batches by their
status and leaves the same rows. Clear the failed task, or do nothing: the next run takes up what is
unfinished.

**A run failed at `validate_batches` or `promote_batches`.** A batch is stopped and a person
decides: `./posttrade batches` lists, retries or refuses it. Other batches go on in the next run.

**The broker or the database is away.** Tasks are tried again with growing pauses, and
`wait_for_messages` waits. After a failed run the next one begins half a minute later.

**To stop taking messages in**, pause this Dag. `end_of_day` then says what it waits for.

While nothing arrives a run lasts an hour. Runs are deleted two days after they ended well, two
weeks after they failed; `control.step_runs` keeps what they did.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG

from posttrade_airflow.drain_step import DrainFeeds
from posttrade_airflow.message_sensor import MessageSensor
from posttrade_airflow.python_step import PythonStep

with DAG(
    dag_id="trade_capture",
    description="Kafka to matched trades: drain, validate, promote, reconcile, publish",
    doc_md=__doc__,
    schedule="@continuous",
    start_date=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["post-trade", "near real time"],
):
    wait_for_messages = MessageSensor(task_id="wait_for_messages")
    drain_feeds = DrainFeeds(task_id="drain_feeds")
    batch_ids = {"batch_ids": drain_feeds.output}
    validate_batches = PythonStep(
        task_id="validate_batches", call="posttrade.quality.validate_batches", arguments=batch_ids
    )
    promote_batches = PythonStep(
        task_id="promote_batches", call="posttrade.capture.promote_batches", arguments=batch_ids
    )
    reconcile_batches = PythonStep(
        task_id="reconcile_batches", call="posttrade.capture.reconcile_batches", arguments=batch_ids
    )
    publish_outbox = PythonStep(task_id="publish_outbox", call="posttrade.outbox.publish_outbox")

    wait_for_messages >> drain_feeds >> validate_batches >> promote_batches
    promote_batches >> [reconcile_batches, publish_outbox]
