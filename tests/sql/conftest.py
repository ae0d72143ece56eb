"""Staging in a database of each test's own."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from .scenario import Stage


@pytest.fixture
def stage(trade_connection: psycopg.Connection[Any]) -> Stage:
    return Stage(trade_connection)
