"""Raw messages are kept in blocks, and come back byte for byte, each by its place."""

from __future__ import annotations

import datetime as dt
import json
import random

import psycopg
import pytest

from posttrade.database import connect
from posttrade.drain import drain_feeds
from posttrade.errors import InvariantBroken
from posttrade.feed_reader import RawBatch
from posttrade.message_blocks import COPY_BLOCKS, encode_blocks
from posttrade.message_clock import instant_of
from posttrade.message_headers import UNREADABLE, HeaderReader
from tests.ingest.conftest import Feeds

DAY = dt.date(2026, 11, 20)
FIRST_MS = 1_795_132_800_000
READ = (
    "select topic, partition, message_offset, batch_id, message_at, message_key, headers, payload"
    " from landing.messages order by partition, message_offset"
)


def make_batch(seed: int, count: int) -> RawBatch:
    """Messages of any size, some with gaps between, absent keys or payloads, any headers."""
    dice = random.Random(seed)  # noqa: S311 - test data
    reader = HeaderReader()
    batch = RawBatch("trades")
    offsets = [dice.randrange(5), 10_000, 2**40]
    for _ in range(count):
        partition = dice.randrange(3)
        offsets[partition] += dice.choice((1, 1, 1, 2, 300)) if partition == 1 else 1
        size = dice.choice((0, 1, 30, 300, 300, 300, 2_000, 9_000, 200_000))
        header = dice.choice((None, None, [("contract-version", b"2")], [("n", b"%d" % size)]))
        batch.partitions.append(partition)
        batch.offsets.append(offsets[partition])
        batch.timestamps_ms.append(FIRST_MS + dice.randrange(86_400_000))
        batch.keys.append(dice.choice((None, b"", b"key", dice.randbytes(40))))
        batch.headers.append(UNREADABLE if dice.random() < 0.05 else reader.read(header))
        batch.payloads.append(None if dice.random() < 0.1 else dice.randbytes(size))
    batch.sort()
    return batch


def store(connection: psycopg.Connection[tuple[object, ...]], batch: RawBatch, number: int) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY_BLOCKS) as copy:
        for part in encode_blocks(batch, number, batch.timestamps_ms, DAY):
            copy.write(part)


@pytest.mark.parametrize(("seed", "count"), [(1, 1), (2, 2), (3, 40), (4, 700), (5, 3000)])
def test_messages_come_back_as_they_were(trade_dsn: str, seed: int, count: int) -> None:
    batch = make_batch(seed, count)
    expected = [
        (
            "trades", batch.partitions[row], batch.offsets[row], 7,
            instant_of(batch.timestamps_ms[row]), batch.keys[row],
            None if facts is None else json.loads(facts.text), batch.payloads[row],
        )
        for row, facts in enumerate(batch.headers)
    ]  # fmt: skip
    with connect(trade_dsn) as connection:
        store(connection, batch, 7)
        assert connection.execute(READ).fetchall() == expected
        for row in range(0, count, 1 + count // 25):
            topic, partition, offset, _, *content = expected[row]
            found = connection.execute(
                "select * from landing.read_message(%s, %s, %s)", (topic, partition, offset)
            ).fetchall()
            assert found == [tuple(content)]
        whole = connection.execute(
            "select message_offset, payload from landing.read_messages('trades', 1, 10000, 10400)"
            " order by 1"
        ).fetchall()
        assert whole == [(r[2], r[7]) for r in expected if r[1] == 1 and 10000 <= r[2] < 10400]  # type: ignore[operator]
        connection.rollback()


def test_blocks_fill_pages_and_nearly_all_stay_in_their_rows(trade_dsn: str) -> None:
    batch = RawBatch("trades")
    for number in range(5000):
        batch.partitions.append(0)
        batch.offsets.append(number)
        batch.timestamps_ms.append(FIRST_MS)
        batch.keys.append(b"key %d" % number)
        batch.headers.append(None)
        batch.payloads.append(b"x" * (250 + number % 100))
    with connect(trade_dsn) as connection:
        connection.execute("select landing.ensure_message_partition(%s)", (DAY,))
        store(connection, batch, 7)
        (rows,) = connection.execute("select count(*) from landing.message_blocks").fetchone() or (
            0,
        )
        (moved_out,) = connection.execute(
            "select pg_relation_size(reltoastrelid) from pg_class where relname = %s",
            (f"message_blocks_{DAY:%Y%m%d}",),
        ).fetchone() or (0,)
        connection.rollback()
    content = sum(len(own or b"") for own in batch.keys + batch.payloads)
    assert content / 8192 < rows < content / 8192 * 1.25
    assert moved_out < content * 0.03


def test_messages_that_are_stored_are_not_stored_again(feeds: Feeds) -> None:
    feeds.send("trades", [b"?"] * 30)
    drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    with psycopg.connect(feeds.dsn) as connection:
        connection.execute("update landing.offsets set next_offset = 4 where partition = 1")
    with pytest.raises(InvariantBroken, match=r"up to these offsets .*\{1: 9\}"):
        drain_feeds(feeds.dsn, feeds.kafka_config, run_id="test")
    assert feeds.count("landing.messages") == 30
