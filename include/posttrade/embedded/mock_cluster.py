"""The broker inside the Kafka client library (librdkafka's mock cluster), driven through ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posttrade.errors import ConfigurationError, InvariantBroken

PRODUCER = 0
BROKER_ID = 1
ERROR_TEXT_BYTES = 512
PRODUCE = 0  # the protocol's number of the produce request
PRODUCE_VERSIONS = (3, 7)  # 3: record batches; 7: zstd; later ones are laid out differently


class MockCluster:
    """One broker in this process, on a port of its own choice; all in memory.

    Args:
        advertised_port: port on 127.0.0.1 that clients are told to use.
    """

    def __init__(self, advertised_port: int) -> None:
        self._library = load_library()
        error = ctypes.create_string_buffer(ERROR_TEXT_BYTES)
        configuration = self._library.rd_kafka_conf_new()
        self._set(configuration, "log_level", "3")
        self._client = self._library.rd_kafka_new(PRODUCER, configuration, error, ERROR_TEXT_BYTES)
        if not self._client:
            raise InvariantBroken(f"no embedded broker: {error.value.decode()}")
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, 1)
        bootstraps: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        self.host, port = bootstraps.decode("ascii").rsplit(":", 1)
        self.port = int(port)
        self._library.rd_kafka_mock_broker_set_host_port(
            self._cluster, BROKER_ID, b"127.0.0.1", advertised_port
        )
        self._library.rd_kafka_mock_set_apiversion(self._cluster, PRODUCE, *PRODUCE_VERSIONS)
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)

    def _set(self, configuration: Any, name: str, value: str) -> None:
        error = ctypes.create_string_buffer(ERROR_TEXT_BYTES)
        self._library.rd_kafka_conf_set(
            configuration, name.encode(), value.encode(), error, ERROR_TEXT_BYTES
        )

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Make topics: name -> number of partitions."""
        for name, partitions in topics.items():
            code = self._library.rd_kafka_mock_topic_create(
                self._cluster, name.encode(), partitions, 1
            )
            if code != 0:
                raise InvariantBroken(f"embedded broker: topic {name!r} not made, error {code}")

    def delete_records(self, topic: str, partition: int, before_offset: int) -> None:
        """Forget what lies before an offset, which must be the first one of a stored batch."""
        self._library.rd_kafka_mock_partition_delete_records(
            self._cluster, topic.encode(), partition, before_offset
        )


def load_library() -> ctypes.CDLL:
    """The client library, as the Python binding brings it.

    Raises:
        ConfigurationError: this build of it has no embedded broker.
    """
    from confluent_kafka import cimpl

    package = Path(cimpl.__file__).parent
    candidates = [
        *map(str, (package.parent / "confluent_kafka.libs").glob("librdkafka*")),
        *map(str, (package / ".dylibs").glob("librdkafka*")),
        cimpl.__file__,
    ]
    for candidate in candidates:
        library = ctypes.CDLL(candidate)
        if hasattr(library, "rd_kafka_mock_partition_delete_records"):
            declare(library)
            return library
    raise ConfigurationError(
        "this build of confluent-kafka has no embedded broker: use --broker kafka or HOST:PORT"
    )


def declare(library: ctypes.CDLL) -> None:
    """Tell ctypes the types of the functions in use."""
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    size, offset, small = ctypes.c_size_t, ctypes.c_int64, ctypes.c_int16
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, size]),
        "rd_kafka_new": (pointer, [number, pointer, text, size]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, number]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_broker_set_host_port": (number, [pointer, ctypes.c_int32, text, number]),
        "rd_kafka_mock_set_apiversion": (number, [pointer, small, small, small]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
        "rd_kafka_mock_partition_delete_records": (
            number,
            [pointer, text, ctypes.c_int32, offset],
        ),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
