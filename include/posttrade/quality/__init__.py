"""The promise about the data: suites of ``great_expectations/`` on batches and on whole days."""

from posttrade.quality.batches import prepare_validation, validate_batches
from posttrade.quality.day import validate_day
from posttrade.quality.docs import build_data_docs
from posttrade.quality.engine import preload

__all__ = [
    "build_data_docs",
    "preload",
    "prepare_validation",
    "validate_batches",
    "validate_day",
]
