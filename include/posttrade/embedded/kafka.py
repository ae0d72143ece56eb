"""A real Apache Kafka, one node, from Maven Central: durable, below the instance's home."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from posttrade.embedded.supervisor import Service, start_service
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import REPOSITORY, Instance, is_port_open, write_private

SERVICE = "kafka"
JAVA_VERSION_MIN = 17
JAR_LIST = REPOSITORY / "deploy" / "kafka" / "jars.sha256"
JARS_VARIABLE = "POSTTRADE_MAVEN_URL"
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_TIMEOUT_S = 60
MAVEN_TIMEOUT_S = 600
JAVA_TIMEOUT_S = 60
FIRST_ANSWER_TIMEOUT_S = 60
MEGABYTE = 1024 * 1024
JVM_OPTIONS = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
SERVER_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(8 * MEGABYTE),
    "replica.fetch.max.bytes": str(8 * MEGABYTE),
    "group.initial.rebalance.delay.ms": "0",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "log.cleaner.dedupe.buffer.size": str(16 * MEGABYTE),
    "log.segment.bytes": str(256 * MEGABYTE),
}


def start(instance: Instance, report: Callable[[str], None]) -> bool:
    """Start the broker and see that the topics are there.

    Returns:
        Whether it was started now.

    Raises:
        ConfigurationError: no Java, or too old a one.
        Unavailable: the libraries cannot be fetched, or the broker does not start.
    """
    started = start_service(instance, prepare(instance, report))
    create_topics(instance.kafka_config)
    return started


def prepare(instance: Instance, report: Callable[[str], None]) -> Service:
    """Lay libraries, settings and storage where they are missing; say how the broker is started.

    Raises:
        ConfigurationError: no Java, or too old a one.
        Unavailable: the libraries cannot be fetched, or the storage cannot be laid.
    """
    java = find_java()
    folder = fetch_jars(report)
    settings = write_settings(instance)
    format_storage(instance, java, folder, settings)
    return describe(instance, java, folder, settings)


def create_topics(kafka_config: Mapping[str, Any]) -> None:
    """Make the topics that are missing; waits for a broker that has just begun to answer."""
    from posttrade.topics import ensure_topics

    deadline = time.monotonic() + FIRST_ANSWER_TIMEOUT_S
    while True:
        try:
            ensure_topics(kafka_config)
            return
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def find_java() -> str:
    """The ``java`` program.

    Raises:
        ConfigurationError: there is none, or it is older than needed.
    """
    named = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{named}/bin") if named else None
    java = java or shutil.which("java")
    if java is None:
        raise ConfigurationError(
            f"--broker kafka needs Java {JAVA_VERSION_MIN} or newer and found none: install it "
            "(Debian, Ubuntu: apt install default-jre-headless) or set JAVA_HOME"
        )
    result = subprocess.run(
        [java, "-version"], capture_output=True, text=True, timeout=JAVA_TIMEOUT_S, check=False
    )
    found = re.search(r'version "(?:1\.)?(\d+)', result.stderr)
    if found is None or int(found.group(1)) < JAVA_VERSION_MIN:
        told = result.stderr.strip().splitlines()[:1]
        raise ConfigurationError(
            f"--broker kafka needs Java {JAVA_VERSION_MIN} or newer; {java} says {told}"
        )
    return java


def fetch_jars(report: Callable[[str], None]) -> Path:
    """The broker's libraries, each held against its pinned hash; fetched once for all instances."""
    pinned = read_jar_list()
    digest = hashlib.sha256(JAR_LIST.read_bytes()).hexdigest()[:12]
    folder = REPOSITORY / ".venv" / "share" / f"kafka-{digest}"
    if (folder / "complete").exists():
        return folder
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        report(f"         fetching the {len(pinned)} libraries of Apache Kafka (44 MB)")
        if not fetch_with_maven(draft):
            fetch_directly(draft, pinned)
        for name, sha256 in pinned.items():
            content = (draft / name).read_bytes()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise Unavailable(f"{name} is not the file this version was checked with")
        (draft / "complete").touch()
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def read_jar_list() -> dict[str, str]:
    """Path of each library in a Maven repository, and its SHA-256."""
    lines = JAR_LIST.read_text(encoding="utf-8").splitlines()
    return {name: sha256 for sha256, name in (line.split() for line in lines)}


def fetch_with_maven(folder: Path) -> bool:
    """Let Maven fetch, which knows the user's mirrors; False when there is none or it fails."""
    maven = shutil.which("mvn")
    if maven is None:
        return False
    command = [maven, "-B", "-q", "-f", str(JAR_LIST.with_name("pom.xml")), MAVEN_PLUGIN]
    command += [f"-DoutputDirectory={folder}", "-Dmdep.useRepositoryLayout=true"]
    try:
        result = subprocess.run(command, capture_output=True, timeout=MAVEN_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0 and all((folder / name).exists() for name in read_jar_list())


def fetch_directly(folder: Path, pinned: Mapping[str, str]) -> None:
    """Fetch from Maven Central, or from the mirror that the environment names."""
    base = os.environ.get(JARS_VARIABLE, MAVEN_CENTRAL).rstrip("/")
    for name in pinned:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with urllib.request.urlopen(f"{base}/{name}", timeout=FETCH_TIMEOUT_S) as answer:  # noqa: S310
                target.write_bytes(answer.read())
        except (OSError, urllib.error.URLError) as error:
            raise Unavailable(
                f"{name} cannot be fetched from {base}: {error}. A mirror can be named in "
                f"{JARS_VARIABLE}"
            ) from error


def write_settings(instance: Instance) -> Path:
    """Write the broker's settings file."""
    ports = instance.ports
    settings = {
        **SERVER_SETTINGS,
        "listeners": f"PLAINTEXT://127.0.0.1:{ports['broker']},"
        f"CONTROLLER://127.0.0.1:{ports['broker_controller']}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{ports['broker']}",
        "controller.quorum.voters": f"1@127.0.0.1:{ports['broker_controller']}",
        "log.dirs": str(instance.home / "kafka" / "data"),
    }
    path = instance.home / "kafka" / "server.properties"
    write_private(path, "".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


def format_storage(instance: Instance, java: str, jars: Path, settings: Path) -> None:
    """Lay the data folder, once."""
    if (instance.home / "kafka" / "data" / "meta.properties").exists():
        return
    cluster = base64.urlsafe_b64encode(uuid.UUID(instance.name).bytes).decode("ascii").rstrip("=")
    command = [java, "-cp", class_path(jars), "kafka.tools.StorageTool", "format"]
    command += [f"--cluster-id={cluster}", "--config", str(settings), "--ignore-formatted"]
    result = subprocess.run(
        command,
        env=instance.environment(),
        capture_output=True,
        text=True,
        timeout=JAVA_TIMEOUT_S,
        check=False,
    )
    if result.returncode != 0:
        raise Unavailable(f"Kafka's storage cannot be laid: {result.stderr.strip()}")


def class_path(jars: Path) -> str:
    """Java's class path for the broker."""
    return ":".join(str(jars / name) for name in read_jar_list())


def describe(instance: Instance, java: str, jars: Path, settings: Path) -> Service:
    """How the broker is started."""
    return Service(
        name=SERVICE,
        argv=(
            java,
            *JVM_OPTIONS,
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            class_path(jars),
            "kafka.Kafka",
            str(settings),
        ),
        environment=instance.environment(),
        directory=instance.home,
        is_ready=lambda: is_port_open(instance.ports["broker"]),
        ready_timeout_s=90,
        stop_timeout_s=30,
    )
