"""Tells people what they must hear of: breaks, stopped batches, lost offsets, missed deadlines.

| task | does |
|---|---|
| `keep_watch` | looks every three seconds, from the triggerer, for an hour; then the next run |

It stands beside the other Dags and holds up none of them: no worker's slot, no scheduler, a few
index look-ups a round.

**What is alerted**: breaks that opened (gathered: the first after 10 s, then one message in five
minutes at most, with counts by type, counterparty and currency and the largest few), stopped
batches, offsets that retention took, failed closes and tasks, feeds and closes that are late,
a capture that stands still. Channels, pauses and deadlines stand in
`include/reference_data/alert_policies.csv` and `deadlines.csv`. Every break also goes to the
topic `breaks`, each time it opens or is resolved.

**Where it goes**: the log of this task; mail by `smtp_default` to `alerts_to` in its extra (else
`to`); a Slack-compatible webhook by the connection `alerts_webhook` (host, and the secret path as
password), if there is one. What fails is tried again, ten times over an hour and a half.

**Nothing comes.** `./posttrade alerts list` shows each alert and what became of it, `./posttrade
alerts test` sends one. While the triggerer or Airflow is down nobody watches: `./posttrade status`
and the metric `posttrade_watch_last_round_timestamp_seconds` tell that from outside.

**Rerun**: at any time; what was alerted is not alerted again.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG

from posttrade_airflow.watch_sensor import Watch

with DAG(
    dag_id="watch",
    description="Alerts: breaks, stopped batches, lost offsets, missed deadlines",
    doc_md=__doc__,
    schedule="@continuous",
    start_date=dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc),
    catchup=False,
    max_active_runs=1,
    tags=["post-trade", "alerts"],
):
    Watch(task_id="keep_watch")
