from __future__ import annotations

from tests.ingest.conftest import feeds, make_trade

__all__ = ["feeds", "make_trade"]
