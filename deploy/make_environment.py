"""Makes `.venv` from requirements.txt, with nothing but a bare Python (no pip, no ensurepip).

Run by `./posttrade`. Fetches the installer `uv` as a wheel of a pinned version and hash from the
index that pip is configured for, and lets it install the lock with hashes; where there is no such
wheel for the machine, pip does the same, more slowly. The copy of the lock that says "installed"
is written last: an interrupted call is repaired by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from package_source import InstallFailed, Source, fetch_file, read_source, say

UV = "0.13.8"
UV_WHEELS = {  # (system, machine, C library) -> file name tag, SHA-256
    ("Linux", "x86_64", "glibc"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("Linux", "aarch64", "glibc"): (
        "manylinux_2_28_aarch64",
        "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ),
    ("Darwin", "x86_64", ""): (
        "macosx_10_12_x86_64",
        "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
    ),
    ("Darwin", "arm64", ""): (
        "macosx_11_0_arm64",
        "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
    ),
}
PIP = "26.3"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def main(repository: Path) -> None:
    """Make or repair the environment, unless another call has just done so."""
    lock = repository / "requirements.txt"
    target = repository / ".venv"
    stamp = target / "requirements.installed"
    with exclusive(repository / ".venv.lock"):
        if stamp.exists() and stamp.read_bytes() == lock.read_bytes() and python_works(target):
            return
        started = time.monotonic()
        stamp.unlink(missing_ok=True)
        source = read_source()
        if not python_works(target):
            say(f"making {target} with Python {platform.python_version()}")
            make_venv(target)
        install(target, lock, source)
        draft = target / "requirements.installed.new"
        shutil.copyfile(lock, draft)
        draft.replace(stamp)
        say(f"installed in {time.monotonic() - started:.0f} s")


def make_venv(target: Path) -> None:
    """Lay an empty environment; pip is not needed in it, nor anywhere else."""
    try:
        import venv
    except ModuleNotFoundError as error:
        raise InstallFailed(
            f"this Python comes without {error.name}: install the whole of it "
            "(Debian, Ubuntu: apt install python3)"
        ) from error
    venv.EnvBuilder(with_pip=False, clear=True, symlinks=True).create(target)


def install(target: Path, lock: Path, source: Source) -> None:
    """Install the lock with uv, or with pip where uv has no wheel or does not run."""
    uv = fetch_uv(target, source)
    say(f"installing what {lock.name} lists: 0.4 GB to fetch the first time, 1.1 GB on disk")
    command = pip_command(target, lock, source) if uv is None else uv_command(uv, target, lock)
    result = subprocess.run(command, env=installer_environment(target, source), check=False)
    if result.returncode != 0:
        raise InstallFailed("the packages could not be installed: see above, then call again")


def uv_command(uv: Path, target: Path, lock: Path) -> list[str]:
    """uv: exactly the lock, every file held against its hash."""
    return [
        str(uv),
        "pip",
        "sync",
        *([] if sys.stderr.isatty() else ["--quiet"]),  # else a line for each package
        "--no-config",
        "--require-hashes",
        "--python",
        str(target / "bin" / "python"),
        str(lock),
    ]


def pip_command(target: Path, lock: Path, source: Source) -> list[str]:
    """pip, run from its own wheel."""
    wheel = target / f"pip-{PIP}-py3-none-any.whl"
    fetch_file(wheel.name, PIP_SHA256, wheel, source)
    return [
        str(target / "bin" / "python"),
        f"{wheel}/pip",
        "install",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--requirement",
        str(lock),
    ]


def installer_environment(target: Path, source: Source) -> dict[str, str]:
    """What pip was told, said to uv; and a cache that can be written."""
    told = dict(os.environ, UV_DEFAULT_INDEX=source.index, UV_HTTP_TIMEOUT="180")
    told.pop("VIRTUAL_ENV", None)
    told.pop("PYTHONPATH", None)
    if source.extra_indexes:
        told["UV_INDEX"] = " ".join(source.extra_indexes)
    if source.find_links:
        told["UV_FIND_LINKS"] = ",".join(source.find_links)
    if source.certificates:
        told.setdefault("SSL_CERT_FILE", source.certificates)
    if source.proxy:
        told.setdefault("HTTPS_PROXY", source.proxy)
        told.setdefault("HTTP_PROXY", source.proxy)
    if "UV_CACHE_DIR" not in told and not can_write(Path.home() / ".cache" / "uv"):
        told["UV_CACHE_DIR"] = str(target / "cache")
    return told


def can_write(folder: Path) -> bool:
    """Whether files can be made in a folder that may have to be made first."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def fetch_uv(target: Path, source: Source) -> Path | None:
    """The uv program in the environment, or None where it does not run."""
    program = target / "bin" / "uv"
    if runs(program, f"uv {UV}"):
        return program
    library = "glibc" if platform.libc_ver()[0] == "glibc" else ""
    known = UV_WHEELS.get((platform.system(), platform.machine(), library))
    if known is None:
        return None
    tag, sha256 = known
    say(f"fetching the installer uv {UV}")
    wheel = target / f"uv-{UV}-py3-none-{tag}.whl"
    fetch_file(wheel.name, sha256, wheel, source)
    with zipfile.ZipFile(wheel) as archive:
        program.write_bytes(archive.read(f"uv-{UV}.data/scripts/uv"))
    program.chmod(0o755)
    wheel.unlink()
    return program if runs(program, f"uv {UV}") else None


def runs(program: Path, answer: str) -> bool:
    """Whether a program starts and names its version."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        output = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
        return output.startswith(answer)
    return False


def python_works(target: Path) -> bool:
    """Whether the environment's Python starts and is one that is supported."""
    supported = "import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))"
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = [str(target / "bin" / "python"), "-c", supported]
        return subprocess.run(command, timeout=60, check=False, capture_output=True).returncode == 0
    return False


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One call at a time; the others wait and find the work done."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another call is installing; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (InstallFailed, OSError) as failure:
        say(str(failure))
        sys.exit(2)
    except KeyboardInterrupt:
        say("interrupted; the next call goes on")
        sys.exit(130)
