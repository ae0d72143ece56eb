"""Reads a pack: its page, its tables, and whether the page is harmless."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

from posttrade.reports import Pack


class PageReader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name in {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}:
                self.links.append(f"{name}={value}")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "id":
                self.ids.append(value or "")


def read_page(pack: Pack) -> str:
    return (pack.directory / "end_of_day_20261112.html").read_text(encoding="utf-8")


def read_table(pack: Pack, name: str) -> list[dict[str, str]]:
    csv.field_size_limit(2**30)
    path = pack.directory / f"{name}_20261112.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_all(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def assert_harmless(page: str) -> None:
    reader = PageReader()
    reader.feed(page)
    assert not reader.tags & {
        "script", "link", "img", "iframe", "object", "embed", "form", "base", "foreignobject", "a",
    }  # fmt: skip
    assert not reader.links
    assert not reader.handlers
    assert len(reader.ids) == len(set(reader.ids))
    assert "Content-Security-Policy" in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
