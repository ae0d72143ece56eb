"""Which account a server runs as that refuses to be root.

Started by root, PostgreSQL runs as ``nobody``. So that it still reaches its files below folders
that only root may enter, it keeps the one capability which passes by folder permissions, and no
other. Nothing outside its data folder changes owner.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from posttrade.errors import ConfigurationError

UNPRIVILEGED_ACCOUNT = "nobody"


def prefix(program: Path) -> tuple[str, ...]:
    """Words before a server program so that it does not run as root; none for other users.

    Args:
        program: one that must be reachable then, to try it on.

    Raises:
        ConfigurationError: root, on a machine where the account cannot be changed.
    """
    if os.geteuid() != 0:
        return ()
    account = unprivileged()
    setpriv = shutil.which("setpriv")
    if setpriv is not None:
        words = (
            setpriv,
            f"--reuid={account.pw_uid}",
            f"--regid={account.pw_gid}",
            "--clear-groups",
            "--securebits=+no_setuid_fixup",  # else access(2) forgets the capability
            "--inh-caps=-all,+dac_override",
            "--ambient-caps=-all,+dac_override",
            "--bounding-set=-all,+dac_override",
            "--",
        )
        attempt = subprocess.run(
            [*words, str(program), "--version"],
            capture_output=True,
            text=True,
            check=False,
        )
        if attempt.returncode == 0:
            return words
        detail = attempt.stderr.strip()
    else:
        detail = "the program setpriv (package util-linux) is missing"
    raise ConfigurationError(
        f"PostgreSQL does not run as root, and starting it as {account.pw_name} failed: {detail}. "
        "Run this command as an ordinary user instead"
    )


def unprivileged() -> pwd.struct_passwd:
    """The account that a server runs as when root starts it.

    Raises:
        ConfigurationError: the machine has no such account.
    """
    try:
        return pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    except KeyError as error:
        raise ConfigurationError(
            f"PostgreSQL does not run as root, and there is no account {UNPRIVILEGED_ACCOUNT!r}: "
            "run this command as an ordinary user"
        ) from error
