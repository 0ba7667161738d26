"""What Markdown files refer to, and what can be referred to in them, as GitHub shows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_parser = MarkdownIt("commonmark").enable("table")
WEB = {"http", "https"}
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+|localhost")
# In running text: what was meant as a link by a reference that the file does not define.
UNDEFINED = re.compile(r"\[[^\]]+\]\[[^\]]*\]")


class _Html(HTMLParser):
    """Gathers the links and the anchors of HTML within Markdown."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.append(value or "")


def _html_of(tokens: list[Token]) -> _Html:
    html = _Html()
    for token in tokens:
        for one in [token, *(token.children or [])]:
            if one.type in ("html_inline", "html_block"):
                html.feed(one.content)
    return html


def headings(text: str) -> Iterator[str]:
    """The text of each heading, without its markup."""
    tokens = _parser.parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            yield "".join(one.content for one in inline.children or [] if one.type in ("text", "code_inline"))


def anchors(text: str) -> set[str]:
    """The anchors of a file. GitHub makes one of each heading: in lower case, without punctuation, blanks as hyphens,
    and numbered from the second of a kind on.
    """
    seen: Counter[str] = Counter()
    found = set(_html_of(_parser.parse(text)).anchors)
    for heading in headings(text):
        slug = re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def links(text: str) -> Iterator[tuple[int, str]]:
    """Each link and image, with the line on which its paragraph begins."""
    for token in _parser.parse(text):
        line = (token.map or [0])[0] + 1
        for one in token.children or []:
            target = one.attrGet("href") or one.attrGet("src")
            if target is not None:
                yield line, str(target)
        yield from ((line, target) for target in _html_of([token]).links)


def faults(files: Mapping[Path, str | None]) -> Iterator[str]:
    """What is wrong with the links of a repository's Markdown files: `file:line: why`.

    `files` are all its files by their relative path, Markdown files with their text.
    """
    known = {path: anchors(text) for path, text in files.items() if text is not None}
    for path, text in files.items():
        if text is None:
            continue
        for line, target in links(text):
            why = _fault(path, target, files, known)
            if why:
                yield f"{path}:{line}: {target}: {why}"
        yield from _undefined(path, text)


def _undefined(path: Path, text: str) -> Iterator[str]:
    for token in _parser.parse(text):
        shown = "".join(one.content for one in token.children or [] if one.type == "text")
        for found in UNDEFINED.findall(shown):
            yield f"{path}:{(token.map or [0])[0] + 1}: {found}: the file does not define this reference"


def _fault(path: Path, target: str, files: Mapping[Path, str | None], known: Mapping[Path, set[str]]) -> str | None:
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme or parts.netloc:
        well_formed = parts.scheme in WEB and HOST.fullmatch(host) and not re.search(r"\s", unquote(target))
        return None if well_formed else "no address of the web"
    if parts.path.startswith("/"):
        return "write it relative to this file"
    named = _normal(path.parent / unquote(parts.path)) if parts.path else path
    if named is None or not any(named in (one, *one.parents) for one in files):
        return "there is no such file"
    if parts.fragment and unquote(parts.fragment) not in known.get(named, set()):
        return "there is no such heading"
    return None


def _normal(path: Path) -> Path | None:
    """The path without `..`; None if it leads out of the repository."""
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif not parts:
            return None
        else:
            parts.pop()
    return Path(*parts)
