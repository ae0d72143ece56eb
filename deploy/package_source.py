"""Where packages come from, as pip is configured, and how a pinned file is fetched from there."""

from __future__ import annotations

import base64
import configparser
import contextlib
import dataclasses
import hashlib
import html.parser
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

DEFAULT_INDEX = "https://pypi.org/simple"
FETCH_ATTEMPTS = 4
FETCH_TIMEOUT_S = 60


class InstallFailed(Exception):
    """The environment cannot be made; the message says why, for a person."""


@dataclasses.dataclass(frozen=True)
class Source:
    """Where packages come from, as pip is told."""

    index: str
    extra_indexes: tuple[str, ...]
    find_links: tuple[str, ...]
    certificates: str | None
    proxy: str | None


def read_source() -> Source:
    """What pip is told: its environment before its files, the user's before the machine's."""
    settings: dict[str, str] = {}
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    configured = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files += [
        Path.home() / "Library/Application Support/pip/pip.conf",
        Path.home() / ".pip/pip.conf",
        configured / "pip/pip.conf",
    ]
    if os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(os.environ["PIP_CONFIG_FILE"]))
    for path in files:
        parser = configparser.RawConfigParser()
        with contextlib.suppress(OSError, configparser.Error, UnicodeDecodeError):
            parser.read(path, encoding="utf-8")
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update({k.replace("_", "-"): v for k, v in parser.items(section)})
    for name in ("index-url", "extra-index-url", "find-links", "cert", "proxy"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value:
            settings[name] = value
    return Source(
        index=settings.get("index-url", DEFAULT_INDEX).rstrip("/"),
        extra_indexes=tuple(settings.get("extra-index-url", "").split()),
        find_links=tuple(
            link
            for link in settings.get("find-links", "").split()
            if "://" in link or Path(link).is_dir()
        ),
        certificates=settings.get("cert"),
        proxy=settings.get("proxy"),
    )


class Links(html.parser.HTMLParser):
    """Collects the links of an index page: file name -> address."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the address of each anchor."""
        target = dict(attrs).get("href")
        if tag == "a" and target:
            address = urllib.parse.urldefrag(urllib.parse.urljoin(self.base, target)).url
            name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rsplit("/", 1)[-1])
            self.found[name] = address


def fetch_file(name: str, sha256: str, target: Path, source: Source) -> None:
    """Fetch one file of a project through its index page; refused when its hash differs."""
    project = name.split("-", 1)[0]
    for index in (source.index, *source.extra_indexes):
        page = f"{index.rstrip('/')}/{project}/"
        links = Links(page)
        links.feed(fetch(page, source).decode("utf-8", "replace"))
        if name in links.found:
            content = fetch(links.found[name], source)
            break
    else:
        raise InstallFailed(f"the package index {without_login(source.index)} has no {name}")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InstallFailed(f"{name} is not the file that this version was checked with")
    draft = target.with_name(target.name + ".part")
    draft.write_bytes(content)
    draft.replace(target)


def fetch(address: str, source: Source) -> bytes:
    """Fetch an address, trying again when the network fails for a moment."""
    parts = urllib.parse.urlsplit(address)
    headers = {"Accept": "text/html, application/octet-stream;q=0.9, */*;q=0.1"}
    if parts.username:
        login = (
            f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        )
        headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        address = without_login(address)
    context = ssl.create_default_context(cafile=source.certificates)
    handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=context)]
    if source.proxy:
        handlers.append(urllib.request.ProxyHandler({"http": source.proxy, "https": source.proxy}))
    opener = urllib.request.build_opener(*handlers)
    for attempt in range(1, FETCH_ATTEMPTS + 1):
        try:
            request = urllib.request.Request(address, headers=headers)  # noqa: S310
            with opener.open(request, timeout=FETCH_TIMEOUT_S) as response:
                content: bytes = response.read()
            return content
        except (OSError, urllib.error.URLError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error) and shutil.which("curl"):
                return fetch_with_curl(address, headers)
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise InstallFailed(
                    f"{without_login(address)}: no certificate to check it with. Install them "
                    "(Debian, Ubuntu: apt install ca-certificates) or name a file in PIP_CERT"
                ) from error
            if attempt == FETCH_ATTEMPTS or getattr(error, "code", 500) in (401, 403, 404):
                raise InstallFailed(f"{without_login(address)}: {error}") from error
            say(f"{without_login(address)}: {error}; trying again")
            time.sleep(2**attempt)
    raise AssertionError


def fetch_with_curl(address: str, headers: dict[str, str]) -> bytes:
    """For Pythons that come without certificates (macOS): curl uses the system's."""
    options = "".join(f'header = "{key}: {value}"\n' for key, value in headers.items())
    command = ["curl", "--silent", "--show-error", "--fail", "--location", "--config", "-", address]
    result = subprocess.run(command, input=options.encode(), capture_output=True, check=False)
    if result.returncode != 0:
        raise InstallFailed(result.stderr.decode("utf-8", "replace").strip())
    return result.stdout


def without_login(address: str) -> str:
    """An address without the name and password that it may hold."""
    parts = urllib.parse.urlsplit(address)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def say(text: str) -> None:
    """Tell the user."""
    sys.stderr.write(f"posttrade: {text}\n")
    sys.stderr.flush()
