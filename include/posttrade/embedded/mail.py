"""A mail server that keeps every mail it receives as a file and sends nothing on."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import hashlib
import sys
from pathlib import Path
from typing import Any

from posttrade.embedded.supervisor import Service
from posttrade.instance import Instance, is_port_open, write_private

MESSAGE_BYTES_MAX = 64 * 1024 * 1024


def describe(instance: Instance) -> Service:
    """How the mail server is started."""
    return Service(
        name="mail",
        argv=(
            sys.executable,
            "-m",
            "posttrade.embedded.mail",
            "--port",
            str(instance.ports["smtp"]),
            "--folder",
            str(instance.mail_dir),
        ),
        environment=instance.environment(),
        directory=instance.home,
        is_ready=lambda: is_port_open(instance.ports["smtp"]),
        stop_timeout_s=5,
    )


class Keeper:
    """Writes each received mail to a file named by its time and content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep one mail; the sender hears 250 only when it is on disk."""
        content: bytes = envelope.original_content or b""
        received_at = datetime.datetime.now(datetime.timezone.utc)
        moment = received_at.strftime("%Y%m%dT%H%M%S.%fZ")
        digest = hashlib.sha256(content).hexdigest()[:12]
        path = self.folder / f"{moment}-{digest}.eml"
        write_private(path, content)
        sys.stdout.write(
            f"{moment} from {envelope.mail_from} to {envelope.rcpt_tos}: {path.name}\n"
        )
        return "250 kept"


async def serve(host: str, port: int, folder: Path) -> None:
    """Serve until the process is ended."""
    from aiosmtpd.smtp import SMTP

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=MESSAGE_BYTES_MAX, enable_SMTPUTF8=True, loop=loop),
        host=host,
        port=port,
    )
    async with server:
        await server.serve_forever()


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port, arguments.folder))


if __name__ == "__main__":
    main()
