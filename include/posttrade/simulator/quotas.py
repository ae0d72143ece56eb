"""How many of a day's places are chosen, and which of them."""

from __future__ import annotations


class Quota:
    """Chooses exactly ``count`` of ``total`` places, evenly by chance, in one pass."""

    def __init__(self, count: int, total: int) -> None:
        self.left = min(count, total)
        self._places = total

    def take(self, chance: float) -> bool:
        """Whether this place is chosen; to be asked once for each place."""
        is_chosen = chance * self._places < self.left
        self._places -= 1
        self.left -= is_chosen
        return is_chosen


class Spread:
    """Spreads ``count`` things evenly over ``total`` places."""

    def __init__(self, count: int, total: int) -> None:
        self._count = count
        self._total = total
        self._done = 0

    def due(self, place: int) -> range:
        """Which of the things come at this place."""
        first, self._done = self._done, self._count * (place + 1) // self._total
        return range(first, self._done)
