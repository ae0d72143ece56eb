"""Takes messages from Kafka to matched trades, all day long.

One run after the other (`@continuous`), each a series of rounds; a round is a micro-batch:

| task | does |
|---|---|
| `wait_for_messages` | ends at once while there is work; else waits outside the worker |
| `capture_batches` | makes rounds for five minutes, or until nothing has come for two |

| step of a round | does |
|---|---|
| `drain_feeds` | raw messages, typed rows or rejects, and the offsets, in one transaction |
| `validate_batches` | Great Expectations; failing rows are quarantined, table rules stop it |
| `promote_batches` | gives each record its business date, drops duplicates, stores conflicts |
| `reconcile_batches` | compares the trades the batch touched, and those whose grace is over |
| `settle_batches` | instructs the trades that match, follows those that changed |
| `settle_orders` | settles an order once both of its sides are in, exactly once |
| `apply_statuses` | brings instructions to what their depositories say of them |
| `reconcile_statements` | compares complete statements of custodians with our books |
| `publish_outbox` | sends enriched trades to Kafka, while the next round begins |

Each step has its rows in `control.step_runs` (`trade_capture/<step>`), its metrics, and its span in
the trace of each batch.

**Rerun.** Clear `capture_batches` at any time, also after kill -9, or do nothing: the statuses of
the batches say where each stands, and the next round takes up what is unfinished and leaves the
same rows. Nothing is counted twice.

**`capture_batches` failed with `GateFailed`.** A gate stopped a batch, and a person decides:
`./posttrade batches` lists, retries or refuses it. Other batches went on meanwhile, and the next
run goes on at once; it does not fail for the same batch again.

**The broker or the database is away.** The task is tried again with growing pauses, and
`wait_for_messages` waits. After any other failure the next run begins half a minute later.

**To stop taking messages in**, pause this Dag: the rounds of the running task end within five
minutes; mark it failed to end them now. `end_of_day` then says what it waits for.

While nothing arrives a run lasts an hour. Runs are deleted two days after they ended well, two
weeks after they failed; `control.step_runs` keeps what they did.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG

from posttrade_airflow.capture_step import CaptureBatches
from posttrade_airflow.message_sensor import MessageSensor

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
    capture_batches = CaptureBatches(task_id="capture_batches")

    wait_for_messages >> capture_batches
