"""The promise about the data: suites of ``great_expectations/`` on batches and on whole days."""

from posttrade.quality.batches import validate_batches
from posttrade.quality.engine import preload

__all__ = ["preload", "validate_batches"]
