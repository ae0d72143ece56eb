"""The count itself sees what is lost, doubled and altered; and the table names every fault."""

from __future__ import annotations

import json

import psycopg

from posttrade.feeds import FEEDS
from tests.faults import table
from tests.faults.books import count_books
from tests.faults.scene import Scene

# what may happen in the database, and as what the count must tell it
DAMAGES = {
    "delete from landing.message_blocks where 3 between first_offset and last_offset": "lost",
    "delete from trade.executions where version = 1": "lost",
    "delete from landing.batch_ranges where batch_id = 2": "lost",
    "update trade.executions set trade_id = trade_id || '?' where version = 2": "lost",
    "insert into landing.duplicates select topic, partition, message_offset, feed, batch_id,"
    " business_date, trade_id, version from trade.executions limit 1": "doubled",
    "insert into landing.message_blocks select topic, partition, first_offset, last_offset,"
    " batch_id, received_on - 1, message_count, message_offsets, message_ats, message_keys,"
    " headers, payloads from landing.message_blocks limit 1": "doubled",
    "delete from recon.breaks": "lost",
    "update trade.order_outcomes set outcome = 'REJECTED'": "wrong",
    "update landing.message_blocks set payloads[message_count] = 'x'": "wrong",
}


def test_the_count_sees_damage(scene: Scene) -> None:
    for _ in range(3):
        scene.send(trades=60)
        scene.capture_all()
    scene.check_books()
    for damage, kind in DAMAGES.items():
        dsn = scene.copy_books()
        with psycopg.connect(dsn) as connection:
            for guarded in ("executions", "order_outcomes"):
                connection.execute(f"alter table trade.{guarded} disable trigger user".encode())
            assert connection.execute(damage.encode()).rowcount > 0, damage
        findings = count_books(dsn, scene.kafka.config, FEEDS)
        assert getattr(findings, kind).total() > 0, damage


def test_the_published_table_is_about_these_tests() -> None:
    published = json.loads(table.RESULTS.read_text(encoding="utf-8"))["faults"]
    faults = table.list_faults()
    strangers = [row["fault"] for row in published if faults.get(row["test"]) != row["fault"]]
    assert not strangers, "no test injects these; renew them: POSTTRADE_WRITE_FAULTS=1 (README.md)"
    assert table.format_markdown(published) in table.README.read_text(encoding="utf-8")
    assert all(row["times"] and row["outcome"] == "passed" for row in published)
    assert not any(row["lost"] or row["doubled"] for row in published)
