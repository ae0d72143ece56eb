"""Imported once by the process that children are forked from: what takes seconds to import."""

from __future__ import annotations

from posttrade import quality, reports
from tests.faults import capture_process, close_process

__all__ = ["capture_process", "close_process", "reports"]

quality.preload()
