"""Lifts messages of any contract version to the newest one, as rows of the staging table.

Rows leave as text that COPY takes: every value has passed a pattern without backslashes, tabs or
line ends, so nothing needs escaping but the backslashes of free text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

from posttrade.contracts.rows import (
    Arrivals,
    Column,
    Columns,
    PartialColumn,
    Source,
    local_date,
    source_zone,
)
from posttrade.contracts.schema import (
    OCCURRED_AT,
    SOURCE,
    TEXT,
    TRADE_DATE,
    Absence,
    Contract,
    Version,
)

NULL = "\\N"
PLACE_COLUMNS = ("batch_id", "feed", "topic", "partition", "message_offset", "message_at")
OWN_COLUMNS = ("business_date", "flags")


class Lifter:
    """Writes staging rows of one feed."""

    def __init__(self, contract: Contract, sources: Mapping[str, Source]) -> None:
        self._contract = contract
        self._feed = contract.feed
        self._sources = sources

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the staging table in the order of the text."""
        return (*PLACE_COLUMNS, *OWN_COLUMNS, *self._contract.columns)

    def lift(
        self,
        version: Version,
        columns: Columns,
        arrivals: Arrivals,
        rows: Sequence[int],
        batch_id: int,
    ) -> str:
        """Rows of a batch as COPY text, one line each.

        Args:
            version: the contract version that the messages were written in.
            columns: values of the messages at ``rows``.
            arrivals: where they came from.
            rows: their positions in ``arrivals``.
            batch_id: the batch that the rows belong to.
        """
        arrived = list(map(arrivals.arrived_at.__getitem__, rows))
        flags: list[str] = []
        stored: list[Iterable[str]] = []
        for field in self._contract.stored_fields:
            if field.role == TRADE_DATE:
                stored.append(self._is_stated(version, columns))
                continue
            complete = _complete(version, field.name, columns)
            if complete is not None:
                stored.append(map(_escape, complete) if field.kind == TEXT else complete)
                continue
            partial = _partial(version, field.name, columns, len(rows))
            if field.kind == TEXT:
                partial = [None if value is None else _escape(value) for value in partial]
            if field.absence is None:
                stored.append([NULL if value is None else value for value in partial])
                continue
            if field.absence.flag is not None:
                flags = _with_flag(flags, partial, field.absence.flag)
            stored.append(self._filled(field.absence, partial, version, columns, arrived))
        partitions = list(map(arrivals.partitions.__getitem__, rows))
        places = {own: f"{batch_id}\t{self._feed}\t{self._feed}\t{own}" for own in set(partitions)}
        lines = zip(
            map(places.__getitem__, partitions),
            map(str, map(arrivals.offsets.__getitem__, rows)),
            arrived,
            self._business_dates(version, columns, arrived),
            [f"{{{names}}}" for names in flags] if flags else repeat("{}"),
            *stored,
            strict=False,  # what is the same in every row repeats without end
        )
        return "\n".join(map("\t".join, lines)) + "\n"

    def _is_stated(self, version: Version, columns: Columns) -> Iterable[str]:
        name = version.lifted_names.get(self._contract.date_name, "")
        if name in columns.complete:
            return repeat("t")
        if name in columns.partial:
            return ["f" if value is None else "t" for value in columns.partial[name]]
        return repeat("f")

    def _filled(
        self,
        absence: Absence,
        partial: PartialColumn,
        version: Version,
        columns: Columns,
        arrived: Column,
    ) -> Column:
        if absence.value is not None:
            return [absence.value if value is None else value for value in partial]
        substitutes = arrived
        if absence.value_of == "feed":
            substitutes = [self._feed] * len(partial)
        elif absence.value_of is not None and absence.value_of.startswith("source."):
            attribute = absence.value_of.removeprefix("source.")
            named = self._source_ids(version, columns, len(partial))
            known = {name: getattr(self._sources.get(name), attribute, NULL) for name in set(named)}
            substitutes = [known[name] for name in named]
        pairs = zip(partial, substitutes, strict=True)
        return [substitute if value is None else value for value, substitute in pairs]

    def _source_ids(self, version: Version, columns: Columns, count: int) -> Column:
        complete = _complete(version, SOURCE, columns)
        if complete is not None:
            return list(complete)
        return [name or self._feed for name in _partial(version, SOURCE, columns, count)]

    def _business_dates(self, version: Version, columns: Columns, arrived: Column) -> Iterable[str]:
        dates = _complete(version, self._contract.date_name, columns)
        if dates is not None:
            return dates
        count = len(arrived)
        field = self._contract.role_field(OCCURRED_AT)
        instants = arrived
        if field is not None:
            instants = list(_complete(version, field.name, columns) or []) or [
                instant or at
                for instant, at in zip(
                    _partial(version, field.name, columns, count), arrived, strict=True
                )
            ]
        named = self._source_ids(version, columns, count)
        zones = {name: source_zone(self._sources, name) for name in set(named)}
        stated = _partial(version, self._contract.date_name, columns, count)
        return [
            date or local_date(instant, zones[name])
            for date, instant, name in zip(stated, instants, named, strict=True)
        ]


def _complete(version: Version, name: str, columns: Columns) -> Iterable[str] | None:
    """The newest version's field where every message has it."""
    if name in version.lifted_values:
        return repeat(version.lifted_values[name])
    return columns.complete.get(version.lifted_names.get(name, ""))


def _partial(version: Version, name: str, columns: Columns, count: int) -> PartialColumn:
    return columns.partial.get(version.lifted_names.get(name, "")) or [None] * count


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\")


def _with_flag(flags: list[str], partial: PartialColumn, flag: str) -> list[str]:
    before = flags or [""] * len(partial)
    return [
        own if value is not None else f"{own},{flag}" if own else flag
        for own, value in zip(before, partial, strict=True)
    ]
