"""Closes one business date and makes its report.

One run per New York session, at 18:00 there, also on early closes. Its partition key is the date.

| task | does |
|---|---|
| `begin_close` | notes the close; the date may be no business day (the report says so) |
| `await_capture` | waits until everything that was in Kafka when it began is drained and finished |
| `validate_day` | Great Expectations on the whole date |
| `reconcile_day` | compares every trade of the date; nothing is in grace any more |
| `instruct_day` | every matched trade is instructed, every other is not |
| `close_orders` | what still waits for its other half is a break |
| `build_positions` | what each book closes with: positions, lots, P&L by the marks of the date |
| `count_control_totals` | received = accepted + rejected + duplicate, offsets = messages |
| `rank_trades` | how unusual each trade is; the first are kept for those who review |
| `check_compliance` | alerts: bands, limits, restrictions, potential wash trades, late reports |
| `charge_fees` | computes what trades cost; a booked fee that differs is a break |
| `measure_risk` | exposure, concentration, value at risk, stress, limits, margin |
| `build_data_docs` | the pages of Great Expectations |
| `render_reports` | HTML and CSV files with a manifest; a changed date gets its next version |
| `mail_reports` | mails each version once to each recipient |

**Close a date by hand**: `./posttrade close 2026-11-12`, or trigger this Dag and fill in
`business_date`; weekends too. A run without a date is refused.

**Backfill**: `./posttrade airflow backfill create --dag-id end_of_day --from-date 2026-11-09
--to-date 2026-11-12` (both days included, business days only; `--reprocess-behavior completed` runs
closed dates again), or Trigger → Backfill on this page. Dates pass each task one after the other,
oldest first. After an outage the ten newest missed days are caught up by themselves.

**Rerun**: clear any task, or close the date again. Unchanged data gives the same files, byte for
byte; changed data the next version, with a list of changes. Nothing is overwritten.

**`await_capture` failed**: `trade_capture` is paused or stuck, or a batch is stopped; its message
says which. **`validate_day` failed**: a rule for the whole date is broken; see `quality.results`.
**`render_reports` failed** for missing files: restore the folder, or close again with
`--without-previous`, which records the loss. **`mail_reports` failed**: only the mail is missing;
repair `smtp_default` and clear the task.

A record that comes while the date is closed is in all figures of the pack or in none. A later one
makes the pack out of date: the Reports page and `close` list the dates to close again.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import DAG, Param

from posttrade_airflow.business_day_timetable import BusinessDayTimetable
from posttrade_airflow.capture_wait import AwaitCapture
from posttrade_airflow.mail_step import MailReports
from posttrade_airflow.python_step import PythonStep
from posttrade_airflow.report_link import BuildDataDocs, RenderReports

PARAMS = {
    "business_date": Param(None, type=["null", "string"], format="date", description="To close"),
    "recipients": Param([], type="array", description="Mail to these instead of the usual ones"),
    "resend": Param(False, type="boolean", description="Mail a version again that was mailed"),
    "without_previous": Param(False, type="boolean", description="Go on without lost files"),
}

with DAG(
    dag_id="end_of_day",
    description="Close a business date: reconcile, positions, control totals, report, mail",
    doc_md=__doc__,
    schedule=BusinessDayTimetable(),
    start_date=dt.datetime(1990, 1, 1, tzinfo=dt.timezone.utc),
    catchup=True,
    max_active_runs=1,
    # a backfill has its own limit of runs; so that no task ever closes two dates at a time:
    default_args={"max_active_tis_per_dag": 1},
    params=PARAMS,
    tags=["post-trade", "end of day"],
):
    begin_close = PythonStep(task_id="begin_close", call="posttrade.close.begin_close")
    await_capture = AwaitCapture(task_id="await_capture")
    validate_day = PythonStep(task_id="validate_day", call="posttrade.quality.validate_day")
    reconcile_day = PythonStep(task_id="reconcile_day", call="posttrade.close.reconcile_day")
    instruct_day = PythonStep(task_id="instruct_day", call="posttrade.settlement.instruct_day")
    charge_fees = PythonStep(task_id="charge_fees", call="posttrade.settlement.charge_fees")
    close_orders = PythonStep(task_id="close_orders", call="posttrade.settlement.close_orders")
    build_positions = PythonStep(task_id="build_positions", call="posttrade.close.build_positions")
    count_control_totals = PythonStep(
        task_id="count_control_totals", call="posttrade.close.count_control_totals"
    )
    check_compliance = PythonStep(
        task_id="check_compliance", call="posttrade.compliance.checks.check_compliance"
    )
    rank_trades = PythonStep(task_id="rank_trades", call="posttrade.compliance.ranking.rank_trades")
    measure_risk = PythonStep(task_id="measure_risk", call="posttrade.risk.measure_risk")
    build_data_docs = BuildDataDocs(task_id="build_data_docs")
    render_reports = RenderReports(task_id="render_reports")
    mail_reports = MailReports(task_id="mail_reports")

    judged = [check_compliance, charge_fees, measure_risk, rank_trades]
    begin_close >> await_capture >> validate_day >> reconcile_day
    reconcile_day >> [instruct_day, close_orders, build_positions] >> count_control_totals
    count_control_totals >> [build_data_docs, *judged]
    judged >> render_reports >> mail_reports
