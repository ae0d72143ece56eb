"""Which services an instance consists of, and how each is made ready to be started."""

from __future__ import annotations

from collections.abc import Callable

from posttrade.embedded import airflow, broker, kafka, mail, observation, postgres
from posttrade.embedded.supervisor import Service
from posttrade.instance import EMBEDDED, KAFKA, Instance

SUPERVISOR = "supervisor"
POSTGRES = "postgres"
MAIL = "mail"
NEED_DATABASE = frozenset({broker.SERVICE, *airflow.SERVICES})


def wanted_services(instance: Instance) -> list[str]:
    """Names of the services that run when the instance is up, what others need first."""
    own = {EMBEDDED: [broker.SERVICE], KAFKA: [kafka.SERVICE]}.get(instance.broker, [])
    return [POSTGRES, *own, MAIL, *airflow.SERVICES, observation.SERVICE, SUPERVISOR]


def prepare_service(instance: Instance, name: str, report: Callable[[str], None]) -> Service:
    """Lay what a dead service needs before it starts, and say how it is started.

    Args:
        instance: where.
        name: one of `wanted_services`, but not the supervisor, who nobody starts but `up`.
        report: called with a line for what takes long.

    Raises:
        ConfigurationError: something that it needs is not installed.
        Unavailable: something that it needs does not answer.
    """
    if name == POSTGRES:
        return postgres.prepare(instance)
    if name == broker.SERVICE:
        return broker.prepare(instance, report)
    if name == kafka.SERVICE:
        return kafka.prepare(instance, report)
    if name == MAIL:
        return mail.describe(instance)
    if name == observation.SERVICE:
        return observation.describe(instance)
    return {service.name: service for service in airflow.describe(instance)}[name]
