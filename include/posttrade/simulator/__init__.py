"""The simulator: a realistic trading day with known faults, the same bytes for the same seed."""

from posttrade.simulator.day import SimulationResult, simulate_day, stream_day
from posttrade.simulator.options import Share, SimulationOptions

__all__ = ["Share", "SimulationOptions", "SimulationResult", "simulate_day", "stream_day"]
