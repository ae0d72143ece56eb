"""One instance with a real Kafka, on which all faults of this folder follow each other."""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from posttrade.embedded import kafka
from posttrade.errors import PostTradeError
from posttrade.simulator.settlement import latest_session
from tests.faults.platform.running import Platform, PlatformScene
from tests.faults.traffic import Truth


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A whole instance; without Java its faults are skipped aloud, and in CI that is a failure."""
    try:
        kafka.find_java()
    except PostTradeError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"no real Kafka can run here: {error}")
    running = Platform(tmp_path_factory.mktemp("platform"))
    try:
        running.run("up", "--broker", "kafka")
        yield running
    finally:
        running.run("down", "--discard", check=False)


@pytest.fixture(scope="session")
def truth() -> Truth:
    """What all faults on the instance have sent."""
    return Truth()


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, platform: Platform, truth: Truth, tmp_path: Path
) -> Iterator[PlatformScene]:
    """A scene on the running instance; what it sent is in the books of all that follow."""
    platform.await_services()
    plugins = request.config.pluginmanager.get_plugins()
    suite = next(plugin for plugin in plugins if hasattr(plugin, "REPETITIONS"))
    made = PlatformScene.of_platform(
        platform,
        business_date=latest_session(dt.datetime.now(dt.timezone.utc)),
        folder=tmp_path,
        random=random.Random(f"{suite.SEED} {request.node.name}"),  # noqa: S311
        repetitions=suite.REPETITIONS,
    )
    made.truth = truth
    yield made
    made.remember_truth()
