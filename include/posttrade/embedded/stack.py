"""Everything an instance runs, brought up, looked at and taken down as one."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

from posttrade import database
from posttrade.embedded import (
    airflow,
    broker,
    kafka,
    keeper,
    mail,
    observation,
    postgres,
    supervisor,
)
from posttrade.embedded.services import SUPERVISOR
from posttrade.errors import ConfigurationError, Unavailable
from posttrade.instance import (
    EMBEDDED,
    KAFKA,
    PORT_NAMES,
    Instance,
    choose_ports,
    is_port_free,
    is_port_open,
)

Report = Callable[[str], None]
# first who would start the others again; then what writes first, what keeps last; the scheduler
# while its tasks can still report
STOP_ORDER = (
    (SUPERVISOR,),
    (airflow.SCHEDULER, airflow.TRIGGERER, airflow.DAG_PROCESSOR),
    (airflow.API_SERVER, observation.SERVICE),
    (broker.SERVICE, kafka.SERVICE, "mail"),
    ("postgres",),
)
PORT_USERS = {
    "postgres": ("postgres",),
    "broker": (broker.SERVICE, kafka.SERVICE),
    "broker_controller": (kafka.SERVICE,),
    "smtp": ("mail",),
    "airflow": (airflow.API_SERVER,),
    "metrics": (observation.SERVICE,),
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What `up` did: the services it started, and the seconds it took."""

    instance: Instance
    started: tuple[str, ...]
    seconds: float


def up(
    instance: Instance,
    broker_choice: str | None,
    report: Report,
    observe: str | None = None,
) -> Outcome:
    """Start what does not run; what runs as wanted is left alone.

    Args:
        instance: where.
        broker_choice: ``embedded``, ``kafka`` or ``HOST:PORT``; None keeps the last choice.
        report: called with a line for each thing that is ready.
        observe: where Airflow's metrics and all traces go to by OTLP; ``off``; None keeps it.

    Raises:
        ConfigurationError: no such broker, or one that cannot follow the former one.
        Unavailable: something does not start; the end of its log is in the message.
    """
    check_broker(broker_choice or instance.broker)
    began = time.monotonic()
    started: list[str] = []

    def note(name: str, was_started: bool) -> None:
        if was_started:
            started.append(name)
        verb = "ready" if was_started else "was running"
        report(f"{time.monotonic() - began:5.1f} s  {name} {verb}")

    with supervisor.exclusive(instance), all_or_nothing(instance, report):
        instance = observation.settle_endpoint(settle_ports(instance, report), observe)
        if was_started := postgres.start(instance):
            # whatever of Airflow outlived its database ends sooner or later, perhaps after a look
            supervisor.stop_services(instance, airflow.SERVICES)
        note("postgres", was_started)
        with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
            metadata = pool.submit(airflow.prepare, instance)
            tasks = [pool.submit(start_and_note, instance, mail.describe(instance), note)]
            database.migrate(instance.trade_dsn)
            instance = settle_broker(instance, broker_choice)
            stop_unwanted_brokers(instance)
            tasks.append(pool.submit(start_broker, instance, note, report))
            tasks.append(pool.submit(fill_reference_data, instance.trade_dsn))
            tasks.append(
                pool.submit(start_and_note, instance, observation.describe(instance), note)
            )
            metadata.result()
            tasks += [
                pool.submit(start_and_note, instance, service, note)
                for service in airflow.describe(instance)
            ]
            finish(tasks)
        note(SUPERVISOR, keeper.start(instance))
    return Outcome(instance, tuple(started), time.monotonic() - began)


def check_broker(choice: str) -> None:
    """Refuse a broker that cannot be had, before anything is started.

    Raises:
        ConfigurationError: no such broker, or it needs what is not installed.
        Unavailable: nothing answers at the address.
    """
    host, _, port = choice.rpartition(":")
    if choice == KAFKA:
        kafka.find_java()
    elif choice != EMBEDDED:
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigurationError(f"--broker takes embedded, kafka or HOST:PORT, not {choice!r}")
        if not is_port_open(int(port), host):
            raise Unavailable(f"no broker answers at {choice}: nothing was started")


@contextlib.contextmanager
def all_or_nothing(instance: Instance, report: Report) -> Iterator[None]:
    """When the block fails, stop what it started, unless something was running before."""
    names = [name for stage in STOP_ORDER for name in stage]
    was_running = any(supervisor.find_process(instance, name) for name in names)
    try:
        yield
    except BaseException:
        if not was_running:
            report("stopping again what was started")
            for stage in STOP_ORDER:
                supervisor.stop_services(instance, stage)
        raise


def finish(tasks: list[concurrent.futures.Future[Any]]) -> None:
    """Wait for all; the first failure is raised when all have ended."""
    concurrent.futures.wait(tasks)
    for task in tasks:
        task.result()


def start_and_note(
    instance: Instance, service: supervisor.Service, note: Callable[[str, bool], None]
) -> None:
    """Start a service and tell."""
    note(service.name, supervisor.start_service(instance, service))


def settle_ports(instance: Instance, report: Report) -> Instance:
    """End what a crash left behind; leave ports that others took while we were down."""
    if lost := supervisor.sweep_strays(instance):
        report(f"ended {len(lost)} processes that a crash had left behind")
    taken = [
        name
        for name in PORT_NAMES
        if name in instance.ports
        and not is_port_free(instance.ports[name])
        and not any(supervisor.find_process(instance, user) for user in PORT_USERS[name])
    ]
    if absent := [name for name in PORT_NAMES if name not in instance.ports]:
        instance = instance.replace(ports={**instance.ports, **choose_ports(tuple(absent))})
    if taken:
        ports = {**instance.ports, **choose_ports(tuple(taken))}
        report(f"taken by others, chosen anew: port of {', '.join(taken)}")
        instance = instance.replace(ports=ports)
    return instance


def settle_broker(instance: Instance, choice: str | None) -> Instance:
    """Take over the choice of broker.

    Raises:
        ConfigurationError: messages of the former one are stored already, and the new one counts
            its offsets anew.
    """
    if choice is None or choice == instance.broker:
        return instance
    if any(broker.read_drained(instance.trade_dsn).values()):
        raise ConfigurationError(
            f"{instance.home} holds messages from the broker {instance.broker!r}, and another "
            "broker counts its messages anew: give this one a home of its own with --home"
        )
    return instance.replace(broker=choice)


def stop_unwanted_brokers(instance: Instance) -> None:
    """Stop a broker of our own that is not the chosen one."""
    wanted = {EMBEDDED: broker.SERVICE, KAFKA: kafka.SERVICE}.get(instance.broker)
    supervisor.stop_services(
        instance, [name for name in (broker.SERVICE, kafka.SERVICE) if name != wanted]
    )


def start_broker(instance: Instance, note: Callable[[str, bool], None], report: Report) -> None:
    """Start the chosen broker, or look at the one run by others; see that the topics are there."""
    if instance.broker == EMBEDDED:
        note(broker.SERVICE, broker.start(instance, report))
    elif instance.broker == KAFKA:
        note(kafka.SERVICE, kafka.start(instance, report))
    else:
        kafka.create_topics(instance.kafka_config)
        note(f"broker {instance.broker}", False)


def prepare_trade_database(dsn: str) -> int:
    """Migrate the trade database and load the reference data into it.

    Returns:
        How many migrations were applied now.
    """
    applied = database.migrate(dsn)
    fill_reference_data(dsn)
    return applied


def fill_reference_data(dsn: str) -> None:
    """Load the reference data; nothing happens when it is the same as last time."""
    from posttrade.reference_data import load_reference_data  # brings pandas: takes seconds

    with database.connect(dsn) as connection:
        load_reference_data(connection)
