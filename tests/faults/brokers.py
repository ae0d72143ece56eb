"""A real Apache Kafka of one or three nodes whose nodes can be killed, frozen and started again."""

from __future__ import annotations

import base64
import dataclasses
import os
import signal
import subprocess
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from posttrade.embedded import kafka
from posttrade.feeds import FEEDS
from posttrade.instance import choose_ports
from posttrade.topics import MESSAGE_BYTES_MAX, TOPICS
from tests.conftest import wait_until

START_TIMEOUT_S = 120
ADMIN_TIMEOUT_S = 30
PARTITIONS = 3
QUICK_SETTINGS = {
    "log.segment.delete.delay.ms": "1000",
    "file.delete.delay.ms": "1000",
    "log.cleaner.backoff.ms": "200",
    "log.retention.check.interval.ms": "500",
    # a node that is gone is noticed soon, so that a test need not wait
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
    "replica.lag.time.max.ms": "4000",
}


@dataclasses.dataclass
class Node:
    """One node, broker and controller in one process."""

    number: int
    port: int
    controller_port: int
    folder: Path
    argv: list[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """As if the machine had failed."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """It answers nobody, and its connections stay open."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


class KafkaCluster:
    """Nodes below a folder; the topics of the product with few partitions.

    Raises:
        ConfigurationError: no Java.
        Unavailable: the libraries cannot be fetched.
    """

    def __init__(self, folder: Path, node_count: int = 1) -> None:
        self._java = kafka.find_java()
        self._class_path = kafka.class_path(kafka.fetch_jars(lambda _line: None))
        names = tuple(f"{role}{n}" for n in range(1, node_count + 1) for role in ("data", "vote"))
        ports = choose_ports(names)
        self.nodes = [self._lay_node(folder / str(n), n, ports) for n in range(1, node_count + 1)]
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for node in self.nodes:
            self._format(node, cluster, self.nodes)

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    @property
    def config(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.bootstrap_servers,
            "group.id": "posttrade",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
        }

    def start(self) -> None:
        for node in self.nodes:
            if node.process is None:
                node.start()
        wait_until(self.is_whole, START_TIMEOUT_S)

    def is_whole(self) -> bool:
        """Whether every node is in, and every partition has its leader and replicas in sync."""
        dead = [node for node in self.nodes if node.process and node.process.poll() is not None]
        if dead:
            log = (dead[0].folder / "server.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"Kafka node {dead[0].number} ended:\n{log[-4000:]}")
        try:
            known = AdminClient(self._admin_config()).list_topics(timeout=5)
        except KafkaException:
            return False
        partitions = [p for topic in known.topics.values() for p in topic.partitions.values()]
        return len(known.brokers) == len(self.nodes) and all(
            p.leader >= 0 and len(p.isrs) == len(p.replicas) for p in partitions
        )

    def stop(self) -> None:
        for node in self.nodes:
            node.kill()

    def lay_topics(self, **config: str) -> None:
        """Every topic of the product, empty, made anew; settings are those of the inbound ones."""
        known = AdminClient(self._admin_config()).list_topics(timeout=ADMIN_TIMEOUT_S).topics
        self.delete_topics(name for name in known if not name.startswith("__"))
        self.create_topics(FEEDS, **config)
        self.create_topics(topic.name for topic in TOPICS if topic.name not in FEEDS)

    def create_topics(self, names: Iterable[str], **config: str) -> None:
        settings = {"max.message.bytes": str(MESSAGE_BYTES_MAX), "retention.ms": "-1"}
        settings |= {name.replace("_", "."): value for name, value in config.items()}
        copies = len(self.nodes)
        if copies > 1:
            settings["min.insync.replicas"] = "2"
        orders = [
            NewTopic(name, num_partitions=PARTITIONS, replication_factor=copies, config=settings)
            for name in names
        ]
        self._await(lambda admin: admin.create_topics(orders))
        wait_until(self.is_whole, ADMIN_TIMEOUT_S)

    def delete_topics(self, names: Iterable[str]) -> None:
        doomed = list(names)
        if not doomed:
            return
        self._await(lambda admin: admin.delete_topics(doomed))

        def are_gone() -> bool:
            known = AdminClient(self._admin_config()).list_topics(timeout=ADMIN_TIMEOUT_S).topics
            return not set(doomed) & set(known)

        wait_until(are_gone, ADMIN_TIMEOUT_S)

    def administer(self, act: Any) -> Any:
        """Give an administrator to ``act``, and wait for what it orders."""
        return self._await(act)

    def _await(self, order: Any) -> Any:
        admin = AdminClient(self._admin_config())  # referenced until its futures are done
        futures = order(admin)
        return {key: future.result(timeout=ADMIN_TIMEOUT_S) for key, future in futures.items()}

    def _admin_config(self) -> dict[str, Any]:
        return {"bootstrap.servers": self.bootstrap_servers, "log_level": 0}

    def _lay_node(self, folder: Path, number: int, ports: dict[str, int]) -> Node:
        folder.mkdir(parents=True)
        command = [self._java, *kafka.JVM_OPTIONS, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        command += ["-cp", self._class_path, "kafka.Kafka", str(folder / "server.properties")]
        return Node(number, ports[f"data{number}"], ports[f"vote{number}"], folder, command)

    def _format(self, node: Node, cluster: str, nodes: list[Node]) -> None:
        data = f"PLAINTEXT://127.0.0.1:{node.port}"
        copies = str(len(nodes))
        settings = {
            **kafka.SERVER_SETTINGS,
            **QUICK_SETTINGS,
            "node.id": str(node.number),
            "listeners": f"{data},CONTROLLER://127.0.0.1:{node.controller_port}",
            "advertised.listeners": data,
            "controller.quorum.voters": ",".join(
                f"{n.number}@127.0.0.1:{n.controller_port}" for n in nodes
            ),
            "log.dirs": str(node.folder / "data"),
            "default.replication.factor": copies,
            "offsets.topic.replication.factor": copies,
            "transaction.state.log.replication.factor": copies,
        }
        path = node.folder / "server.properties"
        path.write_text("".join(f"{k}={v}\n" for k, v in settings.items()), encoding="utf-8")
        command = [self._java, "-cp", self._class_path, "kafka.tools.StorageTool", "format"]
        command += [f"--cluster-id={cluster}", "--config", str(path)]
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))


def await_partitions(cluster: KafkaCluster, topic: str, count: int) -> None:
    """Wait until a topic shows as many partitions."""

    def are_there() -> bool:
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
        return len(admin.list_topics(topic, timeout=5).topics[topic].partitions) == count

    wait_until(are_there, ADMIN_TIMEOUT_S)
