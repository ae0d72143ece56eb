"""The supervisor: a process that starts a dead service of its instance again.

It acts only while it holds the lock that `up` and `down` hold, and only while it is the one whom
`up` started last: `down` takes the lock, ends it and then the others, so that nothing is started
behind its back. Killed, it leaves the services as they are; the next `up` starts another.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sys
import time
from pathlib import Path

import psutil

from posttrade.alerts.findings import record_finding, resolve_findings
from posttrade.embedded import postgres, restarts, supervisor
from posttrade.embedded.services import (
    NEED_DATABASE,
    POSTGRES,
    SUPERVISOR,
    prepare_service,
    wanted_services,
)
from posttrade.embedded.supervisor import Service
from posttrade.errors import PostTradeError, Unavailable
from posttrade.instance import Instance, write_private

LOOK_PAUSE_S = 0.5
GIVEN_UP = "service_given_up"
Cases = dict[str, restarts.Case]


class Dismissed(Exception):
    """Another supervisor was appointed, or the instance is gone."""


def describe(instance: Instance) -> Service:
    """How the supervisor is started; what it starts has the same environment as if `up` did."""

    def is_ready() -> bool:
        process = supervisor.find_process(instance, SUPERVISOR)
        try:
            return process is not None and _mark(instance).read_text() == str(process.pid)
        except OSError:
            return False

    return Service(
        name=SUPERVISOR,
        argv=(sys.executable, "-m", "posttrade.embedded.keeper"),
        environment=instance.environment(),
        directory=instance.home,
        is_ready=is_ready,
        stop_timeout_s=5,
    )


def start(instance: Instance) -> bool:
    """Let a supervisor run, with the lock held; what was given up before is forgiven.

    Returns:
        Whether it was started now.
    """
    restarts.forgive(instance)
    resolve_findings(
        instance.trade_dsn,
        kind=GIVEN_UP,
        key_prefix=f"{instance.name}/",
        resolution="a person has started it again",
    )
    return supervisor.start_service(instance, describe(instance))


def look(instance: Instance) -> None:
    """Start again what died, when its time has come.

    Raises:
        Dismissed: somebody else looks after the instance now.
    """
    if not _find_dead(instance):
        return
    with contextlib.suppress(Unavailable), supervisor.exclusive(instance, timeout_s=0):
        if supervisor.read_record(instance, SUPERVISOR).get("pid") != os.getpid():
            raise Dismissed
        cases = restarts.read_cases(instance)
        before = repr(cases)
        for name in _find_dead(instance):  # anew: the lock may have been another's meanwhile
            attend(instance, name, cases.setdefault(name, restarts.Case()))
        if repr(cases) != before:
            restarts.write_cases(instance, cases)


def _find_dead(instance: Instance) -> list[str]:
    return [
        name
        for name in wanted_services(instance)
        if name != SUPERVISOR and supervisor.find_process(instance, name) is None
    ]


def attend(instance: Instance, name: str, case: restarts.Case) -> None:
    """Do what is due for a dead service: note its death, wait, start it, or tell of its end."""
    now = time.time()
    if case.given_up_at is not None:
        if not case.is_told:
            case.is_told = tell_people(instance, name, case)
        return
    if case.next_attempt_at is None:
        created = float(supervisor.read_record(instance, name).get("created", now))
        _collect(instance, name)
        case.note_death(now, now - created, supervisor.tail(instance, name))
        _say_what_follows(name, case, now)
        return
    if now >= case.next_attempt_at and _has_what_it_needs(instance, name):
        restart(instance, name, case)


def restart(instance: Instance, name: str, case: restarts.Case) -> None:
    """Start a dead service; whether it lives is seen by the next looks."""
    supervisor.stop_services(instance, [name])  # what the dead one left behind
    try:
        supervisor.launch(instance, prepare_service(instance, name, say))
    except PostTradeError as error:
        case.note_death(time.time(), 0, str(error))
        say(f"{name} cannot be started: {error}")
        return
    case.restarts += 1
    case.next_attempt_at = None
    say(f"{name} started again")


def _has_what_it_needs(instance: Instance, name: str) -> bool:
    """Without its database a service would only die again, and be given up for it."""
    if name not in NEED_DATABASE:
        return True
    is_there = supervisor.find_process(instance, POSTGRES) is not None
    return is_there and postgres.is_answering(instance)


def tell_people(instance: Instance, name: str, case: restarts.Case) -> bool:
    """Note a finding, of which the watch makes an alert; False while the database is away."""
    try:
        record_finding(
            instance.trade_dsn,
            kind=GIVEN_UP,
            finding_key=f"{instance.name}/{name}/{case.given_up_at}",
            summary=f"{name} died {case.deaths} times in a row and is not started again",
            next_step="./posttrade status shows the end of its log; mend that, then ./posttrade up",
        )
    except PostTradeError:
        return False
    return True


def _collect(instance: Instance, name: str) -> None:
    """Let the system forget a child that ended."""
    pid = supervisor.read_record(instance, name).get("pid")
    with contextlib.suppress(psutil.Error, psutil.TimeoutExpired):
        if pid is not None:
            psutil.Process(int(pid)).wait(timeout=0)


def _say_what_follows(name: str, case: restarts.Case, now: float) -> None:
    if case.next_attempt_at is None:
        say(f"{name} died {case.deaths} times in a row: given up\n{case.last_lines}")
    else:
        say(f"{name} died; started again in {case.next_attempt_at - now:g} s")


def say(line: str) -> None:
    """One line in the supervisor's log."""
    moment = dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    sys.stdout.write(f"{moment}Z {line}\n")
    sys.stdout.flush()


def _mark(instance: Instance) -> Path:
    return instance.run_dir / "supervisor.ready"


def main() -> None:
    """Entry point of the process: look for ever."""
    write_private(_mark(Instance.load()), str(os.getpid()))
    complaint = ""
    while True:
        try:
            look(Instance.load())
            complaint = ""
        except Dismissed:
            say("another supervisor was appointed")
            return
        except (PostTradeError, psutil.Error, OSError) as error:
            if complaint != str(error):
                complaint = str(error)
                say(f"looking failed, trying on: {error}")
        time.sleep(LOOK_PAUSE_S)


if __name__ == "__main__":
    main()
