"""The end-of-day pack: what compliance signs."""

from posttrade.reports.pack import Pack, render_pack

__all__ = ["Pack", "render_pack"]
