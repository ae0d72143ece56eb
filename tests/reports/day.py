"""A made-up closed business date: consistent rows in trade, recon, books, control and quality."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from posttrade.books import build_books
from posttrade.capture import StepSequence

BUSINESS_DATE = dt.date(2026, 11, 12)
OPENED_AT = dt.datetime(2026, 11, 12, 22, 0, tzinfo=dt.timezone.utc)
RESOLVE = """
update recon.breaks set status = 'RESOLVED', resolved_at = '2026-11-13T10:00:00Z',
    resolved_reason = 'confirmation arrived'
where break_type = 'missing_confirmation'
"""
INSTRUMENTS = {
    "AAPL": ("EQUITY", "USD", "190.50"),
    "MSFT": ("EQUITY", "USD", "402.125"),
    "SAP": ("EQUITY", "EUR", "178.34"),
    "VOD": ("EQUITY", "GBP", "0.7214"),
    "UST10Y": ("BOND", "USD", "98.4375"),
    "BUND30": ("BOND", "EUR", "101.27"),
    "ES-DEC26": ("DERIVATIVE", "USD", "6120.25"),
    "EURUSD": ("FX", "USD", "1.08425"),
    "USDJPY": ("FX", "JPY", "151.305"),
    "XAU": ("COMMODITY", "USD", "2384.60"),
}
COUNTERPARTIES = ("ALPHA", "BRAVO", "CEDAR", "DELTA", "ELBE", "FJORD", "GROVE", "HARBOR", "ISAR")
BREAK_TYPES = (
    "quantity_mismatch",
    "price_mismatch",
    "timestamp_mismatch",
    "pnl_mismatch",
    "missing_confirmation",
    "missing_pnl_snapshot",
    "missing_execution",
    "duplicate_execution",
    "duplicate_confirmation",
)


@dataclasses.dataclass
class Day:
    """What is to be written, and how much of it."""

    business_date: dt.date = BUSINESS_DATE
    trade_count: int = 600
    break_every: int = 40
    reject_count: int = 57
    is_business_day: bool = True
    seed: int = 1


def lay_reference(connection: psycopg.Connection[Any]) -> None:
    """Markets, counterparties, instruments, sources, tolerances and calendars."""
    connection.execute(
        """
        insert into reference.markets
            (market_id, market_name, timezone, trading_calendar, settlement_calendar)
        values ('XTST', 'Test market', 'America/New_York', 'XNYS', 'US_SETTLEMENT')
        on conflict do nothing
        """
    )
    connection.cursor().executemany(
        "insert into reference.counterparties (counterparty_id, counterparty_name)"
        " values (%s, %s) on conflict do nothing",
        [(name, f"{name.title()} Securities") for name in COUNTERPARTIES],
    )
    connection.cursor().executemany(
        "insert into reference.instruments"
        " (symbol, instrument_name, asset_class, currency, market_id)"
        " values (%s, %s, %s, %s, 'XTST') on conflict do nothing",
        [(name, name, row[0], row[1]) for name, row in INSTRUMENTS.items()],
    )
    connection.execute(
        """
        insert into reference.sources
            (source_id, timezone, market_id, currency, counterparty_id, expects_confirmation,
             expects_pnl_snapshot)
        values
            ('executions', 'UTC', 'XTST', 'USD', 'ALPHA', true, true),
            ('trades', 'UTC', 'XTST', 'USD', 'ALPHA', false, false)
        on conflict do nothing
        """
    )
    connection.execute(
        "insert into reference.tolerances"
        " values ('2000-01-01', 0, 0.005, 100, 1.0, 30, '2026-01-01Z') on conflict do nothing"
    )
    connection.execute(
        "insert into reference.calendar_days"
        " (calendar_id, calendar_date, is_business_day, is_open_by_rule, business_day_ordinal,"
        " recorded_at)"
        " values ('XNYS', '2026-11-12', true, true, 9000, '2026-01-01Z'),"
        " ('US_SETTLEMENT', '2026-11-12', true, true, 8000, '2026-01-01Z')"
        " on conflict do nothing"
    )


def lay_day(connection: psycopg.Connection[Any], day: Day) -> None:
    """Write a whole closed date."""
    lay_reference(connection)
    connection.execute("select control.ensure_partitions(%s)", (day.business_date,))
    chance = random.Random(day.seed)  # noqa: S311 - test data, no secret
    executions = [make_execution(day, number, chance) for number in range(day.trade_count)]
    copy_rows(connection, "trade", "executions", executions)
    broken = [
        row
        for number, row in enumerate(executions)
        if number % day.break_every == 7 % day.break_every
    ]
    breaks = [make_break(row, number, chance) for number, row in enumerate(broken)]
    copy_rows(connection, "recon", "breaks", breaks)
    connection.execute(
        """
        insert into recon.matches
            (business_date, trade_id, execution_version, run_id, matched_at)
        select e.business_date, e.trade_id, e.version, 'test', e.recorded_at
        from trade.executions e
        join reference.sources s on s.source_id = e.source_id and s.expects_confirmation
        where e.business_date = %(day)s
          and e.status <> 'CANCELLED'
          and not exists (
              select
              from recon.breaks b
              where b.business_date = e.business_date
                and b.trade_id = e.trade_id
                and not starts_with(b.break_type, 'duplicate_')
          )
        """,
        {"day": day.business_date},
    )
    lay_rejects(connection, day)
    lay_books(connection, day)
    lay_control(connection, day)


def make_execution(day: Day, number: int, chance: random.Random) -> dict[str, Any]:
    """One execution with realistic terms."""
    symbol = chance.choice(list(INSTRUMENTS))
    asset_class, currency, base = INSTRUMENTS[symbol]
    price = Decimal(base) + Decimal(chance.randrange(-200, 200)) / 100 * Decimal("0.01")
    quantity = Decimal(chance.choice([10, 25, 100, 250, 1000]))
    feed = "trades" if number % 9 == 0 else "executions"
    # few at night, most at the open and towards the close
    hour = chance.choices(range(13, 22), weights=[2, 9, 7, 5, 4, 5, 8, 11, 3])[0]
    executed_at = dt.datetime.combine(
        day.business_date, dt.time(hour, chance.randrange(60)), tzinfo=dt.timezone.utc
    )
    return {
        "business_date": day.business_date,
        "trade_id": f"T{number:06d}",
        "version": 1,
        "feed": feed,
        "source_id": feed,
        "symbol": symbol,
        "asset_class": asset_class,
        "side": chance.choice(["BUY", "BUY", "SELL"]),
        "quantity": quantity,
        "price": price,
        "currency": currency,
        "notional": quantity * price,
        "brokerage_fee": (quantity * price * Decimal("0.0002")).quantize(Decimal("0.01")),
        "clearing_fee": Decimal("0.35"),
        "exchange_fee": Decimal("0.12"),
        "counterparty_id": chance.choice(COUNTERPARTIES),
        "venue": "XNYS",
        "account": chance.choice(["HOUSE", "CLIENT-A", "CLIENT-B"]),
        "strategy": chance.choice(["MOMENTUM", "CARRY", "NONE"]),
        "executed_at": executed_at,
        "settlement_date": day.business_date + dt.timedelta(days=1),
        "status": "CANCELLED" if number % 97 == 5 else "EXECUTED",
        "flags": ["side_not_stated"] if number % 31 == 0 else [],
        "batch_id": 1,
        "topic": feed,
        "partition": number % 2,
        "message_offset": number,
        "recorded_at": OPENED_AT - dt.timedelta(seconds=number % 100, microseconds=number),
    }


def make_break(execution: dict[str, Any], number: int, chance: random.Random) -> dict[str, Any]:
    """One break on an execution, its type in turn."""
    kind = BREAK_TYPES[number % len(BREAK_TYPES)]
    quantity, price = execution["quantity"], execution["price"]
    expected, actual, delta, exposure = "", None, None, quantity * price
    trade_id = execution["trade_id"]
    if kind == "quantity_mismatch":
        delta = Decimal(chance.choice([-5, 1, 10]))
        expected, actual, exposure = str(quantity), str(quantity + delta), abs(delta) * price
    elif kind == "price_mismatch":
        delta = Decimal(chance.randrange(6, 90)) / 1000
        expected, actual, exposure = str(price), str(price + delta), delta * quantity
    elif kind == "timestamp_mismatch":
        delta, exposure = Decimal(chance.randrange(101, 90_000)), None
        at = execution["executed_at"]
        late = at + dt.timedelta(milliseconds=int(delta))
        expected, actual = at.isoformat(), late.isoformat()
    elif kind == "pnl_mismatch":
        delta = Decimal(chance.randrange(-9000, -100)) / 100
        expected, actual = str(quantity * price), str(quantity * price + delta)
        exposure = abs(delta)
    elif kind == "missing_execution":
        expected, actual, trade_id = None, f"{quantity} @ {price}", f"X{trade_id}"
    elif kind.startswith("missing_"):
        expected, actual = f"{quantity} @ {price}", None
    else:
        expected, actual = f"{quantity} @ {price}", f"{quantity} @ {price + 1}"
    return {
        "business_date": execution["business_date"],
        "trade_id": trade_id,
        "break_type": kind,
        "status": "OPEN",
        "expected_value": expected,
        "actual_value": actual,
        "delta": delta,
        "exposure_amount": exposure,
        "currency": execution["currency"],
        "counterparty_id": execution["counterparty_id"],
        "symbol": execution["symbol"],
        "opened_run_id": "test",
        "opened_at": OPENED_AT,
    }


def lay_rejects(connection: psycopg.Connection[Any], day: Day) -> None:
    """Refused messages, some of them hostile."""
    reasons = (
        ("contract", "not_json", "expected a JSON object, found \x02text\u202eleft"),
        ("contract", "quantity_not_positive", "quantity: expected more than 0, found -5"),
        ("contract", "unknown_side", "side: expected BUY or SELL, found =cmd|' /C calc'!A0"),
        ("quality", "price_outside_band", "price 1904.00 is 899.2 % above the last mark 190.50"),
    )
    rows = [
        {
            "feed": "executions",
            "topic": "executions",
            "partition": number % 2,
            "message_offset": 1_000_000 + number,
            "batch_id": 1,
            "business_date": day.business_date,
            "stage": reasons[number % 4][0],
            "reason": reasons[number % 4][1],
            "detail": reasons[number % 4][2],
            "trade_id": f"R{number:04d}" if number % 3 else None,
            "rejected_at": OPENED_AT - dt.timedelta(minutes=30),
        }
        for number in range(day.reject_count)
    ]
    copy_rows(connection, "landing", "rejects", rows)


def lay_books(connection: psycopg.Connection[Any], day: Day) -> None:
    """Positions of the date from its executions, and marks."""
    parameters = {"business_date": day.business_date, "run_id": "test"}
    build_books(StepSequence(connection, "end_of_day", parameters), day.business_date)


def lay_control(connection: psycopg.Connection[Any], day: Day) -> None:
    """The close, its control totals and the results of the suites."""
    connection.execute(
        """
        insert into control.closes (business_date, is_business_day, last_run_id)
        values (%(day)s, %(is_business_day)s, 'test');
        """,
        {"day": day.business_date, "is_business_day": day.is_business_day},
    )
    connection.execute(
        """
        insert into control.date_totals
        with accepted as (
            select feed, count(*) as n, sum(quantity) as quantity, sum(notional) as notional
            from trade.executions where business_date = %(day)s group by feed
        ), rejected as (
            select feed, count(*) as n
            from landing.rejects where business_date = %(day)s group by feed
        )
        select %(day)s, feed, coalesce(a.n, 0) + coalesce(r.n, 0) + 3, coalesce(a.n, 0),
               coalesce(r.n, 0), 3, a.quantity, a.notional
        from accepted a full join rejected r using (feed)
        """,
        {"day": day.business_date},
    )
    connection.execute(
        """
        insert into control.date_offsets
        select %(day)s, feed, p, 4000 + p,
               (received_count + p) / 2, (received_count + p) / 2 - p, p, 0
        from control.date_totals cross join generate_series(0, 1) p
        where business_date = %(day)s
        """,
        {"day": day.business_date},
    )
    if day.trade_count:
        connection.execute(
            """
            insert into quality.results
                (suite, business_date, run_id, is_success, evaluated_count, failed_count,
                 errored_count, quarantined_count, duration_ms, result)
            values
                ('executions_day', %(day)s, 'test', true, 17, 0, 0, 0, 812, '{}'),
                ('broker_confirmations_day', %(day)s, 'test', false, 14, 1, 0, 0, 500,
                 '{"failed_rules": [{"rule": "confirmed_within_a_day", "level": "warn",
                   "failing_count": 4, "error": null}]}')
            """,
            {"day": day.business_date},
        )


def copy_rows(
    connection: psycopg.Connection[Any], schema: str, table: str, rows: Sequence[dict[str, Any]]
) -> None:
    """Bulk-load dicts of equal keys."""
    if not rows:
        return
    columns: Iterable[str] = rows[0]
    statement = sql.SQL("copy {}.{} ({}) from stdin").format(
        sql.Identifier(schema),
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(list(row.values()))
