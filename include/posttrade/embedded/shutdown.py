"""Takes an instance down: waits for what only memory holds, then stops everything."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from posttrade.embedded import airflow, broker, postgres, processes, supervisor
from posttrade.embedded.broker_ends import read_ends
from posttrade.embedded.services import POSTGRES
from posttrade.embedded.stack import STOP_ORDER
from posttrade.errors import PostTradeError, Unavailable
from posttrade.instance import EMBEDDED, Instance, find_home

DRAIN_STALL_S = 30.0
POLL_S = 0.5
Report = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Stopped:
    """What `down` found.

    Attributes:
        names: services that were running, and ``process <id>`` for what was left over.
        lost: messages that the embedded broker held and nobody had drained; None when that cannot
            be told, because the database is not running.
    """

    names: tuple[str, ...] = ()
    lost: int | None = 0


def down(report: Report, *, discard: bool = False) -> Stopped:
    """Stop everything that belongs to the instance, whatever state it is in.

    Args:
        report: called with a line for each thing that happens.
        discard: do not wait for messages that only the embedded broker holds.

    Raises:
        Unavailable: such messages are not drained, and nobody drains them; nothing was stopped.
    """
    if not (find_home(None) / "instance.json").exists():
        return Stopped()
    instance = Instance.load()
    if not discard:
        await_drained(instance, report)  # not under the lock: the supervisor may have to help
    names: list[str] = []
    lost: int | None = 0
    with supervisor.exclusive(instance):
        for stage in STOP_ORDER:
            if broker.SERVICE in stage:
                lost = count_undrained(instance)
            for name in supervisor.stop_services(instance, stage):
                report(f"{name} stopped")
                names.append(name)
        names += [f"process {pid}" for pid in processes.sweep_orphans(instance)]
    if lost is None:
        report("whether the embedded broker held undrained messages cannot be told: no database")
    if lost:
        report(f"the embedded broker keeps nothing: {lost} messages were not drained and are gone")
    return Stopped(tuple(names), lost)


def await_drained(instance: Instance, report: Report) -> None:
    """Wait until the database has what the embedded broker holds.

    A broker that does not run has nothing that waiting could save.

    Raises:
        Unavailable: no message was drained for `DRAIN_STALL_S`, or nobody is there to drain.
    """
    told, moved_at = -1, time.monotonic()
    while supervisor.find_process(instance, broker.SERVICE) is not None:
        waiting = count_undrained(instance)
        if not waiting:
            return
        now = time.monotonic()
        if waiting != told:
            told, moved_at = waiting, now
            report(f"waiting for {waiting} messages to be drained")
        is_hopeless = supervisor.find_process(instance, airflow.SCHEDULER) is None
        if is_hopeless or now - moved_at > DRAIN_STALL_S:
            why = "Airflow is not running" if is_hopeless else "see trade_capture in Airflow"
            raise Unavailable(
                f"{waiting} messages are only in the embedded broker, which keeps nothing, and "
                f"are not being drained ({why}). Nothing was stopped. `./posttrade up` repairs; "
                "`./posttrade down --discard` gives the messages up"
            )
        time.sleep(POLL_S)


def count_undrained(instance: Instance) -> int | None:
    """Messages that go with the embedded broker; None when the database cannot say."""
    if instance.broker != EMBEDDED or not read_ends(broker.ends_path(instance)):
        return 0
    if supervisor.find_process(instance, POSTGRES) is None or not postgres.is_answering(instance):
        return None
    try:
        return sum(broker.count_gone(instance).values())
    except PostTradeError:
        return None
