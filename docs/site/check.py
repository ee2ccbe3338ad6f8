"""Every link and anchor of the built site leads somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("video", "src")}
"""Attributes whose targets a browser fetches without being asked."""


class _Page(HTMLParser):
    """What a page links to, what it loads, and where it can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        self.anchors |= {named[name] for name in ("id", "name") if name in named}
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        fetched = tag == "link" and named.get("rel", "") not in ("canonical", "next", "prev", "edit", "alternate")
        self.loaded += [
            value for name, value in named.items() if (tag, name) in _LOADED or (fetched and name == "href")
        ]


def faults(site: Path) -> list[str]:
    """One line per link that leads nowhere and per thing that would be loaded from another machine."""
    pages = {path: _Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        if name == "404.html":  # its links start at the root of a server
            continue
        found += [f"{name} loads {one}" for one in page.loaded if urlsplit(one).netloc]
        found += [f"{name}: {fault}" for link in page.links if (fault := _fault(path, link, pages))]
    return found


def _fault(path: Path, link: str, pages: dict[Path, _Page]) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return f"links to {link}, which does not exist"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return f"links to {link}, whose page has no such anchor"
    return ""
