"""One version, stated in two places that tools read."""

from __future__ import annotations

import re

from posttrade import __version__
from posttrade.instance import REPOSITORY


def test_the_package_states_the_projects_version() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r'^version = "(.+)"$', project, re.MULTILINE) == [__version__]
