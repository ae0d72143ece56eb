"""Reference data: the files of ``include/reference_data`` and the calendars, into the database.

The same files and calendars are loaded once: their fingerprint is kept, so that a start which finds
nothing new costs a few milliseconds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from posttrade.business_calendar import FIRST_DATE, BusinessCalendar, last_known_date
from posttrade.database import StepCounts, run_step
from posttrade.errors import ConfigurationError
from posttrade.reference_faults import refusing_faults
from posttrade.statements import read_statement

if TYPE_CHECKING:
    from typing_extensions import LiteralString

REFERENCE_DATA = Path(__file__).resolve().parents[1] / "reference_data"
CALENDAR_LIBRARIES = ("exchange_calendars", "QuantLib")
COPIES: dict[str, LiteralString] = {
    "markets.csv": "copy loaded_markets from stdin (format csv, header match)",
    "settlement_cycles.csv": "copy loaded_settlement_cycles from stdin (format csv, header match)",
    "counterparties.csv": "copy loaded_counterparties from stdin (format csv, header match)",
    "instruments.csv": "copy loaded_instruments from stdin (format csv, header match)",
    "sources.csv": "copy loaded_sources from stdin (format csv, header match)",
    "tolerances.csv": "copy loaded_tolerances from stdin (format csv, header match)",
    "alert_policies.csv": "copy loaded_alert_policies from stdin (format csv, header match)",
    "book_rules.csv": "copy loaded_book_rules from stdin (format csv, header match)",
    "share_splits.csv": "copy loaded_share_splits from stdin (format csv, header match)",
    "instrument_terms.csv": "copy loaded_instrument_terms from stdin (format csv, header match)",
    "deadlines.csv": "copy loaded_deadlines from stdin (format csv, header match)",
    "currencies.csv": "copy loaded_currencies from stdin (format csv, header match)",
    "settlement_methods.csv": (
        "copy loaded_settlement_methods from stdin (format csv, header match)"
    ),
    "standing_instructions.csv": (
        "copy loaded_standing_instructions from stdin (format csv, header match)"
    ),
    "fee_rates.csv": "copy loaded_fee_rates from stdin (format csv, header match)",
    "affirmation_cutoffs.csv": (
        "copy loaded_affirmation_cutoffs from stdin (format csv, header match)"
    ),
    "life_cycle_states.csv": "copy loaded_life_cycle_states from stdin (format csv, header match)",
    "netting_agreements.csv": (
        "copy loaded_netting_agreements from stdin (format csv, header match)"
    ),
    "block_accounts.csv": "copy loaded_block_accounts from stdin (format csv, header match)",
    "mark_sources.csv": "copy loaded_mark_sources from stdin (format csv, header match)",
    "compliance_rules.csv": "copy loaded_compliance_rules from stdin (format csv, header match)",
    "price_bands.csv": "copy loaded_price_bands from stdin (format csv, header match)",
    "trade_limits.csv": "copy loaded_trade_limits from stdin (format csv, header match)",
    "trading_restrictions.csv": (
        "copy loaded_trading_restrictions from stdin (format csv, header match)"
    ),
    "position_limits.csv": "copy loaded_position_limits from stdin (format csv, header match)",
    "beneficial_owners.csv": "copy loaded_beneficial_owners from stdin (format csv, header match)",
    "wash_trade_policies.csv": (
        "copy loaded_wash_trade_policies from stdin (format csv, header match)"
    ),
    "reporting_deadlines.csv": (
        "copy loaded_reporting_deadlines from stdin (format csv, header match)"
    ),
    "instrument_identifiers.csv": (
        "copy loaded_instrument_identifiers from stdin (format csv, header match)"
    ),
    "anomaly_policies.csv": "copy loaded_anomaly_policies from stdin (format csv, header match)",
    "risk_parameters.csv": "copy loaded_risk_parameters from stdin (format csv, header match)",
    "risk_limits.csv": "copy loaded_risk_limits from stdin (format csv, header match)",
    "stress_scenarios.csv": "copy loaded_stress_scenarios from stdin (format csv, header match)",
    "backtest_zones.csv": "copy loaded_backtest_zones from stdin (format csv, header match)",
    "margin_rates.csv": "copy loaded_margin_rates from stdin (format csv, header match)",
    "margin_instruments.csv": (
        "copy loaded_margin_instruments from stdin (format csv, header match)"
    ),
    "netting_sets.csv": "copy loaded_netting_sets from stdin (format csv, header match)",
    "margin_accounts.csv": "copy loaded_margin_accounts from stdin (format csv, header match)",
    "account_margin_rates.csv": (
        "copy loaded_account_margin_rates from stdin (format csv, header match)"
    ),
    "retention_policies.csv": (
        "copy loaded_retention_policies from stdin (format csv, header match)"
    ),
    "status_codes.csv": "copy loaded_status_codes from stdin (format csv, header match)",
    "settlement_drivers.csv": (
        "copy loaded_settlement_drivers from stdin (format csv, header match)"
    ),
    "custodian_accounts.csv": (
        "copy loaded_custodian_accounts from stdin (format csv, header match)"
    ),
    "opening_holdings.csv": "copy loaded_opening_holdings from stdin (format csv, header match)",
    "inventory_controls.csv": (
        "copy loaded_inventory_controls from stdin (format csv, header match)"
    ),
    "partial_settlement_rules.csv": (
        "copy loaded_partial_settlement_rules from stdin (format csv, header match)"
    ),
    "fail_reasons.csv": "copy loaded_fail_reasons from stdin (format csv, header match)",
    "chaser_steps.csv": "copy loaded_chaser_steps from stdin (format csv, header match)",
    "penalty_rates.csv": "copy loaded_penalty_rates from stdin (format csv, header match)",
    "penalty_scopes.csv": "copy loaded_penalty_scopes from stdin (format csv, header match)",
    "overnight_rates.csv": "copy loaded_overnight_rates from stdin (format csv, header match)",
    "penalty_terms.csv": "copy loaded_penalty_terms from stdin (format csv, header match)",
}
# what has a step prepare_… and a step merge_… of its own, in their order
SUBJECTS = (
    "policies",
    "settlement",
    "market",
    "netting",
    "fees",
    "custody",
    "risk",
    "margin",
    "compliance_limits",
    "compliance_rules",
    "compliance_policies",
    "shortage",
    "penalties",
    "books",
)
_COPY_CALENDAR_DAYS: LiteralString = "copy loaded_calendar_days from stdin"


def load_reference_data(
    connection: psycopg.Connection[Any], *, folder: Path = REFERENCE_DATA
) -> StepCounts:
    """Bring the reference tables in line with the files and the calendars; the caller commits.

    Returns:
        Rows read and rows written; both 0 when nothing changed since the last load.

    Raises:
        ConfigurationError: a file is missing, or does not hold what it should.
    """
    last_date = last_known_date(dt.datetime.now(dt.timezone.utc).date())
    fingerprint = _take_fingerprint(folder, last_date)
    connection.execute(read_statement("reference_data/lock_load"))
    newest = connection.execute(read_statement("reference_data/read_newest_load")).fetchone()
    if newest is not None and newest[0] == fingerprint:
        return StepCounts(0, 0)
    for step in ("prepare_load", *(f"prepare_{subject}" for subject in SUBJECTS)):
        run_step(connection, f"reference_data/{step}", {})
    connection.execute(read_statement("reference_data/guard_loads"))
    _copy_files(connection, folder)
    _refuse_ambiguous_fees(connection, folder)
    _copy_calendars(connection, last_date)
    merging = ("merge_parties", "merge_calendars", *(f"merge_{subject}" for subject in SUBJECTS))
    with refusing_faults(connection, folder, list(COPIES)):
        merged = [run_step(connection, f"reference_data/{step}", {}) for step in merging]
    counts = StepCounts(sum(m.rows_in for m in merged), sum(m.rows_out for m in merged))
    connection.execute(
        read_statement("reference_data/record_load"),
        {"fingerprint": fingerprint, "row_count": counts.rows_in},
    )
    return counts


def _take_fingerprint(folder: Path, last_date: dt.date) -> str:
    digest = hashlib.sha256(last_date.isoformat().encode())
    for library in CALENDAR_LIBRARIES:
        digest.update(f"{library} {importlib.metadata.version(library)}\n".encode())
    for source in (Path(__file__).with_name("business_calendar.py"), *_files(folder)):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    files = [folder / name for name in COPIES]
    for file in files:
        if not file.is_file():
            raise ConfigurationError(f"reference data needs {file}, which is missing")
    return files


def _copy_files(connection: psycopg.Connection[Any], folder: Path) -> None:
    cursor = connection.cursor()
    for name, statement in COPIES.items():
        with refusing_faults(connection, folder, [name]), cursor.copy(statement) as copy:
            copy.write((folder / name).read_bytes())


def _refuse_ambiguous_fees(connection: psycopg.Connection[Any], folder: Path) -> None:
    pairs = connection.execute(read_statement("reference_data/find_ambiguous_fee_rates")).fetchall()
    if pairs:
        found = "; ".join(
            f"{fee_type} {scope or 'everywhere'} from {first} and from {second}"
            for fee_type, scope, first, second in pairs
        )
        raise ConfigurationError(
            f"{folder / 'fee_rates.csv'} cannot be loaded: two rates could apply to one trade: "
            f"{found}. End one where the other begins (effective_until is the first day without "
            "it), name what sets them apart, and give both the same date_rule"
        )


def _copy_calendars(connection: psycopg.Connection[Any], last_date: dt.date) -> None:
    cursor = connection.execute(read_statement("reference_data/list_calendars"))
    calendar_ids = [row[0] for row in cursor.fetchall()]
    with cursor.copy(_COPY_CALENDAR_DAYS) as copy:
        for calendar_id in calendar_ids:
            calendar = BusinessCalendar.load(calendar_id, last_date=last_date)
            copy.write("".join(_calendar_lines(calendar)))


def _calendar_lines(calendar: BusinessCalendar) -> Iterator[str]:
    open_days = frozenset(calendar.days)
    ordinal = 0
    for number in range((calendar.last_date - FIRST_DATE).days + 1):
        date = FIRST_DATE + dt.timedelta(days=number)
        is_open = date in open_days
        ordinal += is_open
        yield f"{calendar.calendar_id}\t{date}\t{is_open}\t{ordinal}\n"
