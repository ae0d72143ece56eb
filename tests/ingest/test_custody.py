"""Statements from a file and statuses from a topic, through the rounds, to their breaks."""

from __future__ import annotations

import json
from pathlib import Path

from posttrade.capture_rounds import CaptureRounds, RoundLimits
from posttrade.load import load_file
from tests.ingest.conftest import Feeds

ROUNDS = RoundLimits(lasts_s=20, idle_s=0.6, round_s=0.0, poll_s=0.1)
COLUMNS = "statement_id,custodian,account,as_of_date,line_number,line_count"
POSITIONS = f"""version,{COLUMNS},symbol,quantity
1,P1,NORTHBANK,EQ-PRIME,2026-11-19,1,2,AAPL,100
1,P1,NORTHBANK,EQ-PRIME,2026-11-19,2,2,MSFT,a few
"""
CASH = f"""{COLUMNS},currency,entry_type,amount
C1,NORTHBANK,EQ-PRIME,2026-11-19,1,3,USD,OPENING,0
C1,NORTHBANK,EQ-PRIME,2026-11-19,2,3,USD,MOVEMENT,12.5
C1,NORTHBANK,EQ-PRIME,2026-11-19,3,3,USD,CLOSING,12.50
"""
BREAKS = "select subject_id, break_type, status from settlement.breaks order by 1, 2"


def capture(feeds: Feeds) -> None:
    CaptureRounds(feeds.dsn, feeds.kafka_config, run_id="test", limits=ROUNDS).run()


def load(feeds: Feeds, feed: str, path: Path, text: str) -> None:
    path.write_text(text)
    load_file(feeds.kafka_config, feed, path)
    capture(feeds)


def test_files_become_statements_and_breaks(feeds: Feeds, tmp_path: Path) -> None:
    load(feeds, "custodian_positions", tmp_path / "positions.csv", POSITIONS)
    assert feeds.ask("select feed, reason, trade_id from landing.rejects") == [
        ("custodian_positions", "wrong_type", "P1")
    ]
    headers = feeds.ask("select headers::text from landing.messages where message_offset >= 0")
    assert any("positions.csv" in str(row) for row in headers)
    assert feeds.count("settlement.statement_differences") == 0  # a line lacks
    load(feeds, "custodian_positions", tmp_path / "mended.csv", POSITIONS.replace("a few", "-5"))
    load(feeds, "custodian_cash", tmp_path / "cash.csv", CASH)
    load(feeds, "custodian_cash", tmp_path / "again.csv", CASH)
    assert feeds.ask(BREAKS) == [
        ("NORTHBANK|EQ-PRIME|CASH|USD", "cash_break", "OPEN"),
        ("NORTHBANK|EQ-PRIME|POSITION|AAPL", "position_break", "OPEN"),
        ("NORTHBANK|EQ-PRIME|POSITION|MSFT", "position_break", "OPEN"),
    ]
    assert feeds.count("landing.duplicates") == 4
    empty = POSITIONS.splitlines()[0] + "\n2,P1,NORTHBANK,EQ-PRIME,2026-11-19,1,1,,\n"
    load(feeds, "custodian_positions", tmp_path / "restated.csv", empty)
    assert {row[2] for row in feeds.ask(BREAKS)[1:]} == {"RESOLVED"}


def test_statuses_come_once_and_what_is_unknown_is_told(feeds: Feeds) -> None:
    status = {"instruction_reference": 4711, "status": "MTCH//MACH"}
    message = json.dumps({**status, "status_at": "2026-11-19T15:00:00Z"}).encode()
    other = json.dumps({**status, "status_at": "2026-11-19T15:00:00Z", "reason_code": "X"})
    unknown = json.dumps({**status, "status": "ODD", "status_at": "2026-11-19T15:00:00Z"})
    feeds.send("settlement_statuses", [message, message, unknown.encode()])
    capture(feeds)
    feeds.send("settlement_statuses", [message, other.encode()])
    capture(feeds)
    assert feeds.count("settlement.statuses") == 1
    assert feeds.count("landing.duplicates") == 2
    assert feeds.ask("select reason, trade_id from landing.rejects") == [
        ("status_not_in_reference", "4711")
    ]
    assert feeds.ask(BREAKS) == [
        ("4711", "status_of_unknown_instruction", "OPEN"),
        ("4711", "status_told_twice", "OPEN"),
    ]
