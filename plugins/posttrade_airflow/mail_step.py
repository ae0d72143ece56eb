"""Mails a date's report through the Airflow connection ``smtp_default``, each version once."""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from posttrade.errors import ConfigurationError, Unavailable
from posttrade_airflow.python_step import Step, find_reports_dir, read_dsn
from posttrade_airflow.report_link import ReportLink, build_report_url
from posttrade_airflow.run_parameters import read_run_parameters

if TYPE_CHECKING:
    from email.message import EmailMessage

    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from airflow.sdk import Context

MAIL_CONNECTION = "smtp_default"
DEFAULT_SENDER = "posttrade@localhost"
DEFAULT_RECIPIENTS = "operations@localhost"


class MailReports(Step):
    """Sends the newest version to each recipient who has not had it.

    Recipients: the run's parameter ``recipients``, else ``to`` in the connection's extra. With the
    parameter ``resend`` they get it again. Each is recorded right after the server took their mail,
    so that a repetition after a crash mails at most one of them twice, with the same Message-ID.
    """

    operator_extra_links = (ReportLink(),)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.page_url = ""

    def run_step(self, context: Context) -> dict[str, Any]:
        """Send."""
        from posttrade.reports.mail import compose_mail, read_pack, record_mail

        run, dsn, params = read_run_parameters(context), read_dsn(), context["params"]
        pack = read_pack(dsn, run.business_date, find_reports_dir())
        self.page_url = build_report_url(run.business_date, pack.version.number)
        sent = []
        with open_mail_server() as server:
            recipients = choose_recipients(params, server.conn.extra_dejson)
            sender = server.from_email or DEFAULT_SENDER
            for recipient in recipients:
                if recipient in pack.mailed_to and not params.get("resend"):
                    self.log.info("version %d was mailed to %s", pack.version.number, recipient)
                    continue
                message = compose_mail(pack, sender=sender, recipient=recipient)
                send_message(server, message)
                record_mail(dsn, pack, recipient=recipient, message_id=message["Message-ID"])
                self.log.info("version %d mailed to %s", pack.version.number, recipient)
                sent.append(recipient)
        number = pack.version.number
        return {"version": number, "mails": len(sent), "recipients": recipients, "sent": sent}


def choose_recipients(params: Mapping[str, Any], extra: Mapping[str, Any]) -> list[str]:
    """Addresses to mail to, each once, in order.

    Raises:
        ConfigurationError: one of them is no address.
    """
    chosen = params.get("recipients") or extra.get("to") or DEFAULT_RECIPIENTS
    parts: Iterable[str] = chosen.split(",") if isinstance(chosen, str) else map(str, chosen)
    recipients = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    wrong = [part for part in recipients if "@" not in part or any(c in part for c in "\r\n\0 ")]
    if wrong or not recipients:
        raise ConfigurationError(
            f"no mail address: {wrong or chosen!r}; give the parameter `recipients`, or set `to` "
            f"in the extra of the connection {MAIL_CONNECTION}"
        )
    return recipients


@contextlib.contextmanager
def open_mail_server() -> Iterator[SmtpHook]:
    """Connect to the mail server of the connection.

    Raises:
        Unavailable: it does not answer, or refuses us.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    hook = SmtpHook(MAIL_CONNECTION)
    try:
        hook.get_conn()
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(
            f"the mail server of the connection {MAIL_CONNECTION} does not answer: {error}"
        ) from error
    try:
        yield hook
    finally:
        hook.__exit__(None, None, None)  # type: ignore[no-untyped-call]


def send_message(hook: SmtpHook, message: EmailMessage) -> None:
    """Hand one message to the server.

    Raises:
        Unavailable: the server did not take it.
    """
    client = hook._smtp_client  # the hook itself only sends messages that it composes
    if not isinstance(client, smtplib.SMTP):
        raise Unavailable(f"the connection {MAIL_CONNECTION} is not open")
    try:
        client.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(
            f"the mail server did not take the mail to {message['To']}: {error}"
        ) from error
