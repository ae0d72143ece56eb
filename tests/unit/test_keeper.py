"""Who looks after services: brings back the dead, gives up those that cannot live, never races."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from posttrade.embedded import keeper, restarts, supervisor
from posttrade.embedded.restarts import Case
from posttrade.instance import Instance

NAME = "parrot"
LIVES = "import time; time.sleep(60)"
DIES = "import sys; sys.exit('not a port that I may have')"


class Keeper:
    """A supervisor of one service, in this process, with a clock that a test moves."""

    def __init__(self, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instance = instance
        self.code = LIVES
        self.later_s = 0.0
        self.told: list[str] = []
        self.is_database_there = False
        monkeypatch.setattr(keeper, "wanted_services", lambda _: [NAME])
        monkeypatch.setattr(keeper, "prepare_service", lambda *_: self.service())
        monkeypatch.setattr(keeper, "tell_people", self.tell)
        monkeypatch.setattr(keeper.time, "time", lambda: time.time_ns() / 1e9 + self.later_s)
        self.appoint(os.getpid())

    def service(self) -> supervisor.Service:
        return supervisor.Service(
            NAME, (sys.executable, "-c", self.code), {}, self.instance.home, lambda: True
        )

    def tell(self, _instance: Instance, name: str, _case: Case) -> bool:
        if self.is_database_there:
            self.told.append(name)
        return self.is_database_there

    def appoint(self, pid: int) -> None:
        supervisor.write_private(
            supervisor.record_path(self.instance, keeper.SUPERVISOR), f'{{"pid": {pid}}}'
        )

    def process(self) -> psutil.Process | None:
        return supervisor.find_process(self.instance, NAME)

    def kill(self) -> None:
        process = self.process()
        assert process is not None
        process.send_signal(signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)

    def look(self, seconds_later: float = 0) -> Case | None:
        self.later_s += seconds_later
        keeper.look(self.instance)
        return restarts.read_cases(self.instance).get(NAME)

    def await_death(self) -> None:
        deadline = time.monotonic() + 20
        while self.process() is not None and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    one = Keeper(Instance.create(tmp_path / "home"), monkeypatch)
    supervisor.launch(one.instance, one.service())
    yield one
    supervisor.stop_services(one.instance, [NAME])


def test_a_dead_service_comes_back_after_a_pause(kept: Keeper) -> None:
    assert kept.look() is None
    kept.kill()
    case = kept.look()
    assert case is not None
    assert case.next_attempt_at is not None
    assert kept.look(0.5) == case  # not yet
    case = kept.look(0.6)
    assert kept.process() is not None
    assert case is not None
    assert (case.restarts, case.next_attempt_at, case.given_up_at) == (1, None, None)


def test_one_that_dies_at_once_is_given_up_with_its_last_words(kept: Keeper) -> None:
    kept.code = DIES
    kept.kill()
    pauses = []
    for _ in range(restarts.DEATHS_MAX - 1):
        case = kept.look()
        assert case is not None
        assert case.next_attempt_at is not None
        pauses.append(round(case.next_attempt_at - keeper.time.time()))
        kept.look(restarts.LONGEST_PAUSE_S)
        kept.await_death()
        kept.later_s -= restarts.LONGEST_PAUSE_S  # it lived for a moment only
    assert pauses == sorted(pauses)
    assert pauses[-1] >= 8 * pauses[0]
    case = kept.look()
    assert case is not None
    assert case.given_up_at is not None
    assert "not a port that I may have" in case.last_lines
    assert kept.look(3600) == case  # told nobody yet: the database is away
    kept.is_database_there = True
    kept.look()
    kept.look()
    assert kept.told == [NAME]
    assert kept.process() is None
    restarts.forgive(kept.instance)
    kept.code = LIVES
    kept.look()
    kept.look(2)
    assert kept.process() is not None


def test_a_steady_life_forgives_earlier_deaths() -> None:
    case = Case(deaths=restarts.DEATHS_MAX - 1)
    case.note_death(now=1000.0, lived_s=restarts.STEADY_S, last_lines="")
    assert (case.deaths, case.given_up_at) == (1, None)


def test_nothing_is_started_behind_the_back_of_down(kept: Keeper) -> None:
    kept.kill()
    kept.look()
    with supervisor.exclusive(kept.instance):  # as `up` and `down` do
        kept.look(60)
        assert kept.process() is None
    kept.look()
    assert kept.process() is not None


def test_a_supervisor_that_was_replaced_retires(kept: Keeper) -> None:
    kept.kill()
    kept.appoint(os.getpid() + 1)
    with pytest.raises(keeper.Dismissed):
        kept.look()
    supervisor.record_path(kept.instance, keeper.SUPERVISOR).unlink()
    with pytest.raises(keeper.Dismissed):
        kept.look()


@pytest.mark.parametrize("is_answering", [False, True])
def test_what_needs_the_database_waits_for_it(
    kept: Keeper, monkeypatch: pytest.MonkeyPatch, is_answering: bool
) -> None:
    find: Callable[..., psutil.Process | None] = supervisor.find_process
    monkeypatch.setattr(keeper, "NEED_DATABASE", {NAME})
    monkeypatch.setattr(
        supervisor,
        "find_process",
        lambda instance, name: (
            psutil.Process() if name == keeper.POSTGRES else find(instance, name)
        ),
    )
    monkeypatch.setattr(keeper.postgres, "is_answering", lambda _: is_answering)
    kept.kill()
    kept.look()
    kept.look(60)
    assert (kept.process() is not None) == is_answering
