"""The close command against a server that answers as Airflow does."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posttrade.airflow_api import AirflowApi, NotFound
from posttrade.cli import close, day_run, settle
from posttrade.errors import ConfigurationError, GateFailed, Unavailable
from posttrade.instance import Instance

DAY = dt.date(2026, 11, 12)
PASSWORD = "right"
RUN = "manual__2026-11-20T09:16:19+00:00__1"
RUN_PATH = "/api/v2/dags/end_of_day/dagRuns/manual__2026-11-20T09%3A16%3A19%2B00%3A00__1"


class FakeAirflow(http.server.ThreadingHTTPServer):
    """Answers from a table; lets nobody in without the token it gave last."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Any]] = {}
        self.bodies: list[Any] = []
        self.logins = 0

    def say(self, path: str, *answers: Any) -> None:
        self.answers[path] = list(answers)


class Handler(http.server.BaseHTTPRequestHandler):
    server: FakeAirflow

    def do_GET(self) -> None:
        self.answer(None)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/auth/token":
            self.answer(body)
        elif body == {"username": "admin", "password": "right"}:
            self.server.logins += 1
            self.reply(201, {"access_token": f"token{self.server.logins}"})
        else:
            self.reply(401, {"detail": "Invalid credentials"})

    def answer(self, body: Any) -> None:
        if self.headers.get("Authorization") != f"Bearer token{self.server.logins}":
            return self.reply(401, {"detail": "Not authenticated"})
        if body is not None:
            self.server.bodies.append(body)
        answers = self.server.answers.get(self.path)
        if not answers:
            return self.reply(404, {"detail": "not there"})
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        status, value = found if isinstance(found, tuple) else (200, found)
        return self.reply(status, value)

    def reply(self, status: int, value: Any) -> None:
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAirflow]:
    monkeypatch.setattr(day_run, "POLL_S", 0.01)
    server = FakeAirflow()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def make_instance(server: FakeAirflow, home: Path, password: str = PASSWORD) -> Instance:
    ports = {"airflow": server.server_address[1]}
    return Instance(home, "test", ports, "embedded", {"airflow_admin": password})


def make_task(name: str, state: str, tries: int = 1) -> dict[str, Any]:
    ended = "2026-11-20T09:16:20Z"
    return {
        "task_id": name,
        "state": state,
        "duration": 0.5,
        "end_date": ended,
        "try_number": tries,
    }


def prepare_run(
    server: FakeAirflow, *tasks: dict[str, Any], state: str, dag_id: str = "end_of_day"
) -> None:
    run_path = RUN_PATH.replace("end_of_day", dag_id)
    server.say(f"/api/v2/dags/{dag_id}", {"is_paused": False})
    server.say(f"/api/v2/dags/{dag_id}/dagRuns", {"dag_run_id": RUN})
    server.say(run_path, {"state": "running"}, {"state": state})
    server.say(f"{run_path}/taskInstances", {"task_instances": list(tasks)})


def test_a_close_triggers_waits_and_tells(
    airflow: FakeAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_run(airflow, make_task("reconcile_day", "success"), state="success")
    counts = f"{RUN_PATH}/taskInstances/reconcile_day/xcomEntries/counts"
    airflow.say(counts, {"value": {"rows_in": 10, "rows_out": 3}})
    monkeypatch.setattr(close, "read_summary", lambda instance, date: {"matched": 3})
    lines: list[str] = []
    result = close.close_business_date(make_instance(airflow, tmp_path), DAY, lines.append)
    assert result == {"matched": 3}
    assert airflow.bodies == [
        {
            "logical_date": None,
            "partition_key": "2026-11-12",
            "conf": {"business_date": "2026-11-12"},
        }
    ]
    assert lines[1:] == ["  reconcile_day: 0.5 s  rows_in 10, rows_out 3"]


def test_a_failure_says_which_task_why_and_where(airflow: FakeAirflow, tmp_path: Path) -> None:
    failed = make_task("validate_day", "failed", tries=2)
    prepare_run(airflow, failed, make_task("mail_reports", "upstream_failed"), state="failed")
    why = "GateFailed: 3 executions without a price"
    airflow.say(f"{RUN_PATH}/taskInstances/validate_day/xcomEntries/error", {"value": why})
    with pytest.raises(GateFailed) as refused:
        close.close_business_date(make_instance(airflow, tmp_path), DAY, lambda line: None)
    message = str(refused.value)
    assert "2026-11-12 is not closed: task validate_day failed" in message
    assert why in message
    assert f"run_id={RUN}/task_id=validate_day/attempt=2.log" in message


def test_a_failed_mail_leaves_the_date_closed(
    airflow: FakeAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_run(airflow, make_task("mail_reports", "failed"), state="failed")
    monkeypatch.setattr(close, "read_summary", lambda instance, date: {"version": 1})
    lines: list[str] = []
    instance = make_instance(airflow, tmp_path)
    assert close.close_business_date(instance, DAY, lines.append) == {"version": 1}
    assert "is closed, but task mail_reports failed" in lines[-1]


def test_a_date_is_settled_and_counted(
    airflow: FakeAirflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = make_instance(airflow, tmp_path)
    prepare_run(airflow, make_task("settle_due", "success"), state="success",
                dag_id="settlement_cycle")  # fmt: skip
    monkeypatch.setattr(settle, "count_states", lambda dsn, date: {"settled": 3})
    monkeypatch.setattr(Instance, "trade_dsn", "")
    lines: list[str] = []
    result = settle.settle_date(instance, DAY, lines.append)
    assert result == {"business_date": "2026-11-12", "instructions": {"settled": 3}}
    assert lines[1:] == ["  settle_due: 0.5 s"]


def test_a_date_that_does_not_settle_says_why(airflow: FakeAirflow, tmp_path: Path) -> None:
    prepare_run(airflow, make_task("check_ledger", "failed"), state="failed",
                dag_id="settlement_cycle")  # fmt: skip
    with pytest.raises(GateFailed, match="2026-11-12 is not settled: task check_ledger failed"):
        settle.settle_date(make_instance(airflow, tmp_path), DAY, lambda line: None)


def test_a_task_that_said_nothing_is_told_so(airflow: FakeAirflow, tmp_path: Path) -> None:
    prepare_run(airflow, make_task("reconcile_day", "up_for_retry"), state="success")
    lines: list[str] = []
    day_run.DayRun(make_instance(airflow, tmp_path), "end_of_day", DAY).await_end(lines.append)
    assert lines == ["  reconcile_day: tried again soon: its process ended without saying why"]


def test_a_paused_dag_is_not_waited_for(airflow: FakeAirflow, tmp_path: Path) -> None:
    airflow.say("/api/v2/dags/end_of_day", {"is_paused": True})
    with pytest.raises(ConfigurationError, match="is paused"):
        close.close_business_date(make_instance(airflow, tmp_path), DAY, lambda line: None)


def test_a_dag_that_is_not_read_yet_is_waited_for(airflow: FakeAirflow) -> None:
    api = AirflowApi(f"http://127.0.0.1:{airflow.server_address[1]}", "admin", "right")
    path = "/api/v2/dags/end_of_day"
    airflow.say(path, (404, {"detail": "no such Dag"}), {"is_paused": False})
    day_run.refuse_paused_dag(api, "end_of_day")


def test_a_token_that_ran_out_is_renewed(airflow: FakeAirflow) -> None:
    api = AirflowApi(f"http://127.0.0.1:{airflow.server_address[1]}", "admin", "right")
    airflow.say("/api/v2/dags/a", {"is_paused": False})
    api.get("dags", "a")
    airflow.logins += 1  # the server forgets the token it gave
    assert api.get("dags", "a") == {"is_paused": False}
    with pytest.raises(NotFound):
        api.get("dags", "b")


def test_a_wrong_password_is_not_shown(airflow: FakeAirflow, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not let 'admin' in") as refused:
        close.close_business_date(
            make_instance(airflow, tmp_path, "s3cret"), DAY, lambda line: None
        )
    assert "s3cret" not in str(refused.value)


def test_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posttrade.airflow_api.ATTEMPT_PAUSE_S", 0)
    with pytest.raises(Unavailable, match="does not answer"):
        AirflowApi("http://127.0.0.1:1", "admin", "right").get("dags")
