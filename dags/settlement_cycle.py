"""Settles what is due on a business date, and carries on with what failed before it.

One run per weekday at 17:00 New York time, an hour before the close of the day, whose report tells
what settled; the date is the run's partition key. Weekdays, because markets settle on each other's
holidays; on a day on which nothing is due, nothing happens.

| task | does |
|---|---|
| `begin_cycle` | refuses a day in the future, and one that leaves out another before it |
| `instruct_waiting` | tries anew the trades that lacked a standing instruction or the like |
| `allocate_blocks` | instructs the parts of blocks that are allocated in whole; others are breaks |
| `apply_statuses` | what depositories say moves instructions; what may not follow is a break |
| `net_due` | nets what the agreements in force net; the gross stays, and points at its net |
| `settle_due` | delivery and payment of what is due, in parts where it is short; the rest fails |
| `check_ledger` | adds up the date's movements, independently of how they were booked |
| `reconcile_custody` | custodians' statements and depositories' statuses against the books |
| `chase_fails` | writes to whom `chaser_steps.csv` names: topic `breaks`, and an alert |
| `charge_penalties` | what the days of fail before the date cost, by their marks; corrections |
| `state_penalties` | once a month: statements, their payment, `reports/penalties/<month>.csv` |

**Settle a date by hand**: `./posttrade settle 2026-11-12`, or trigger this Dag and fill in
`business_date`. A run without a date is refused.

**Backfill**: `./posttrade airflow backfill create --dag-id settlement_cycle --from-date 2026-11-09
--to-date 2026-11-12`, oldest first. What fails on a day is told by that day's run alone: a day that
was left out while something was open stops the next one; with `force` that one goes on without it.

**Rerun**: at any time. What has settled or is netted is not due again; a fail is told once a day.

**A block does not settle**: its break says what is not allocated; `./posttrade allocate FILE` says
how it is split.

**A correction after netting**: the corrected trade leaves its net, whose legs are taken back and
instructed anew by the next run (also after they settled); its new version is netted on that day.

**Something fails day after day**: `settlement.fails` has the reason, what is open, and its age.

**`check_ledger` failed**: rows were changed outside the product; its message names the instruments
and currencies that do not add up.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG, Param

from posttrade_airflow.business_day_timetable import BusinessDayTimetable
from posttrade_airflow.python_step import PythonStep

PARAMS = {
    "business_date": Param(
        None, type=["null", "string"], format="date", description="Date to settle (when by hand)"
    ),
    "force": Param(
        False, type="boolean", description="Also in the future, or when a day before was left out"
    ),
}

with DAG(
    dag_id="settlement_cycle",
    description="Settle a business date: instruct what waited, net, deliver against payment, check",
    doc_md=__doc__,
    schedule=BusinessDayTimetable(calendar="WEEKDAYS", closing_time="17:00"),
    start_date=dt.datetime(1990, 1, 1, tzinfo=dt.timezone.utc),
    catchup=True,
    max_active_runs=1,
    # a backfill has its own limit of runs; so that no task ever settles two dates at a time:
    default_args={"max_active_tis_per_dag": 1},
    params=PARAMS,
    tags=["post-trade", "settlement"],
):
    begin_cycle = PythonStep(task_id="begin_cycle", call="posttrade.settlement.begin_cycle")
    instruct_waiting = PythonStep(
        task_id="instruct_waiting", call="posttrade.settlement.instruct_waiting"
    )
    allocate_blocks = PythonStep(
        task_id="allocate_blocks", call="posttrade.settlement.allocate_blocks"
    )
    apply_statuses = PythonStep(
        task_id="apply_statuses", call="posttrade.settlement.apply_statuses"
    )
    net_due = PythonStep(task_id="net_due", call="posttrade.settlement.net_due")
    settle_due = PythonStep(task_id="settle_due", call="posttrade.settlement.settle_due")
    check_ledger = PythonStep(task_id="check_ledger", call="posttrade.settlement.check_ledger")
    reconcile_custody = PythonStep(
        task_id="reconcile_custody", call="posttrade.settlement.reconcile_custody"
    )
    chase_fails = PythonStep(task_id="chase_fails", call="posttrade.settlement.chase_fails")
    charge_penalties = PythonStep(
        task_id="charge_penalties", call="posttrade.settlement.charge_penalties"
    )
    state_penalties = PythonStep(
        task_id="state_penalties", call="posttrade.settlement.state_penalties"
    )

    begin_cycle >> instruct_waiting >> allocate_blocks >> apply_statuses >> net_due >> settle_due
    settle_due >> check_ledger >> reconcile_custody
    settle_due >> [chase_fails, charge_penalties]
    charge_penalties >> state_penalties
