"""From raw messages of one feed to rows of its staging table, and rejects for everything else."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from posttrade.contracts.columns import ColumnReader, RawColumn
from posttrade.contracts.lifting import Lifter
from posttrade.contracts.message import parse_message, parse_object, read_fields
from posttrade.contracts.rows import (
    Arrivals,
    Columns,
    Reject,
    Source,
    Staged,
    local_date,
    source_zone,
)
from posttrade.contracts.schema import OCCURRED_AT, SOURCE, TRADE_DATE, Contract, Version
from posttrade.contracts.values import read_value
from posttrade.errors import DataRejected

# so few that what is made of them stays in the processor's cache
CHUNK_ROWS = 512
SPLIT_ROWS_MIN = 8


class StagingWriter:
    """Turns one feed's messages into staging rows. Pure: it knows no clock and no database.

    Args:
        contract: the feed's contract.
        sources: every known source by its id.
        latest: last trade date and instant that are believed.
    """

    def __init__(self, contract: Contract, sources: Mapping[str, Source], latest: dt.date) -> None:
        self._contract = contract
        self._sources = sources
        self._latest = latest
        self._lifter = Lifter(contract, sources)
        self._readers = {
            number: ColumnReader(version, latest) for number, version in contract.versions.items()
        }
        field = contract.role_field(SOURCE)
        self._is_source_stored = field is not None and field.column is not None
        date = contract.role_field(TRADE_DATE)
        self._is_date_own = date is not None and date.column is None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the staging table in the order of the text."""
        return self._lifter.columns

    def stage(self, arrivals: Arrivals, batch_id: int) -> Staged:
        """Read every message: each is a row or a reject, none is lost."""
        staged = Staged([], 0, self._refused(arrivals))
        for number, rows in _by_version(arrivals):
            for start in range(0, len(rows), CHUNK_ROWS):
                chunk = rows[start : start + CHUNK_ROWS]
                if number in self._readers:
                    self._stage_rows(arrivals, batch_id, number, chunk, staged)
                else:
                    self._refuse_version(arrivals, number, chunk, staged)
        return staged

    def stage_singly(
        self, arrivals: Arrivals, batch_id: int, refusals: Mapping[tuple[int, int], DataRejected]
    ) -> Staged:
        """Read every message by the exact rules alone; each row is a block of its own.

        Args:
            arrivals: the messages.
            batch_id: their batch.
            refusals: why some are refused, by partition and offset.
        """
        places = enumerate(zip(arrivals.partitions, arrivals.offsets, strict=True))
        known = {row: refusals[place] for row, place in places if place in refusals}
        arrivals = dataclasses.replace(arrivals, refusals={**arrivals.refusals, **known})
        staged = Staged([], 0, self._refused(arrivals))
        for row, number in enumerate(arrivals.versions):
            if row in arrivals.refusals:
                continue
            if number in self._readers:
                version = self._contract.versions[number]
                self._stage_exactly(arrivals, batch_id, version, [row], staged)
            else:
                self._refuse_version(arrivals, number, [row], staged)
        return staged

    def _refused(self, arrivals: Arrivals) -> list[Reject]:
        return [
            self._reject(arrivals, row, error, _parse_or_empty(arrivals.payloads[row]))
            for row, error in arrivals.refusals.items()
        ]

    def _refuse_version(
        self, arrivals: Arrivals, number: int | None, rows: Sequence[int], staged: Staged
    ) -> None:
        known = ", ".join(map(str, self._readers))
        error = DataRejected("unknown_contract_version", f"{number}, known are {known}")
        staged.rejects += [self._reject(arrivals, row, error, {}) for row in rows]

    def _stage_rows(
        self, arrivals: Arrivals, batch_id: int, number: int, rows: Sequence[int], staged: Staged
    ) -> None:
        """Fast for what is regular, exact for the rest."""
        version = self._contract.versions[number]
        reader = self._readers[number]
        regular, raw = reader.decode(list(map(arrivals.payloads.__getitem__, rows)))
        done: list[int] = []
        for positions, columns in self._good_parts(reader, regular, raw):
            part = rows if len(positions) == len(rows) else [rows[own] for own in positions]
            done += part
            staged.blocks.append(self._lifter.lift(version, columns, arrivals, part, batch_id))
        staged.row_count += len(done)
        if len(done) < len(rows):
            doubtful = sorted(set(rows).difference(done))
            self._stage_exactly(arrivals, batch_id, version, doubtful, staged)

    def _good_parts(
        self, reader: ColumnReader, positions: list[int], raw: list[RawColumn]
    ) -> Iterable[tuple[list[int], Columns]]:
        """Halve until only good values are together; what stays small and bad is left out."""
        if not positions:
            return
        columns = reader.read(raw)
        if columns is not None and self._has_known_sources(columns):
            yield positions, columns
        elif len(positions) > SPLIT_ROWS_MIN:
            middle = len(positions) // 2
            for half in (slice(middle), slice(middle, None)):
                part = [column[half] for column in raw]
                yield from self._good_parts(reader, positions[half], part)

    def _has_known_sources(self, columns: Columns) -> bool:
        stated = columns.complete.get(SOURCE) or columns.partial.get(SOURCE) or [None]
        return all(self._is_source_known(name) for name in set(stated))

    def _is_source_known(self, stated: str | None) -> bool:
        if stated is None:
            return not self._is_source_stored or self._contract.feed in self._sources
        return stated in self._sources

    def _stage_exactly(
        self,
        arrivals: Arrivals,
        batch_id: int,
        version: Version,
        rows: list[int],
        staged: Staged,
    ) -> None:
        good: list[int] = []
        values: list[dict[str, str | None]] = []
        for row in rows:
            parsed: dict[str, Any] = {}
            try:
                parsed = parse_message(version, arrivals.payloads[row])
                own = read_fields(version, parsed, self._latest)
                if not self._is_source_known(own.get(SOURCE)):
                    name = own.get(SOURCE) or self._contract.feed
                    raise DataRejected("source_unknown", f"{name!r} is not in the reference data")
            except DataRejected as error:
                staged.rejects.append(self._reject(arrivals, row, error, parsed))
                continue
            good.append(row)
            values.append(own)
        if good:
            columns = _columns_of(version, values)
            staged.blocks.append(self._lifter.lift(version, columns, arrivals, good, batch_id))
            staged.row_count += len(good)

    def _reject(
        self, arrivals: Arrivals, row: int, error: DataRejected, parsed: Mapping[str, Any]
    ) -> Reject:
        stated = self._stated_date(parsed, arrivals.versions[row])
        zone = self._zone_of(parsed)
        return Reject(
            partition=arrivals.partitions[row],
            offset=arrivals.offsets[row],
            business_date=dt.date.fromisoformat(
                stated or local_date(arrivals.arrived_at[row], zone)
            ),
            # an order's date never is its execution's
            is_date_stated=stated is not None or self._is_date_own,
            reason=error.reason,
            detail=error.detail,
            trade_id=self._readable(parsed, self._contract.identity),
            payload=arrivals.payloads[row],
        )

    def _stated_date(self, parsed: Mapping[str, Any], number: int | None) -> str | None:
        """The trade date that the message states, or that of the instant it states."""
        stated = self._readable(parsed, self._contract.date_name)
        version = self._contract.versions.get(number or 0)
        if stated is not None or version is None:
            return stated
        for field in version.fields:
            if field.role == OCCURRED_AT:
                instant = self._readable(parsed, field.name, version)
                return None if instant is None else local_date(instant, self._zone_of(parsed))
        return None

    def _zone_of(self, parsed: Mapping[str, Any]) -> str:
        return source_zone(self._sources, self._readable(parsed, SOURCE) or self._contract.feed)

    def _readable(
        self, parsed: Mapping[str, Any], name: str, version: Version | None = None
    ) -> str | None:
        field = (version or self._contract.newest).field(name)
        value = parsed.get(name)
        if field is None or not isinstance(value, str):
            return None
        try:
            return str(read_value(field, value, self._latest))
        except DataRejected:
            return None


def _by_version(arrivals: Arrivals) -> Iterable[tuple[int | None, Sequence[int]]]:
    """Positions of the messages that are not refused, by the contract version that they name."""
    numbers = set(arrivals.versions)
    if len(numbers) == 1 and not arrivals.refusals:
        yield numbers.pop(), range(len(arrivals.versions))
    for number in numbers:
        yield (
            number,
            [
                row
                for row, own in enumerate(arrivals.versions)
                if own == number and row not in arrivals.refusals
            ],
        )


def _parse_or_empty(payload: bytes | None) -> dict[str, Any]:
    try:
        return parse_object(payload)
    except DataRejected:
        return {}


def _columns_of(version: Version, values: list[dict[str, str | None]]) -> Columns:
    columns = Columns({}, {})
    for field in version.fields:
        column = [own[field.name] for own in values]
        present = [value for value in column if value is not None]
        if len(present) == len(column):
            columns.complete[field.name] = present
        elif present:
            columns.partial[field.name] = column
    return columns
