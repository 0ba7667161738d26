"""Each link and image of the Markdown files leads somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.functions_host import ROOT
from local.working_copy import working_copy
from tests.markdown import anchors, faults


def text_of(path: Path) -> str | None:
    return (ROOT / path).read_text() if path.suffix == ".md" else None


def test_every_link_of_every_markdown_file_leads_somewhere() -> None:
    files = {path: text_of(path) for path in working_copy()}
    assert {Path("README.md"), Path("docs/findings.md")} <= {path for path, text in files.items() if text}
    assert list(faults(files)) == []


OTHER = "# Where it is\n\n## `Retry-After`, and why\n\n## Why\n\n## Why\n\n<a id='by-hand'></a>\n"


def faults_of(text: str) -> list[str]:
    return list(faults({Path("docs/a.md"): text, Path("docs/b.md"): OTHER, Path("img/c.png"): None}))


@pytest.mark.parametrize(
    "text",
    [
        "[b](b.md), [b](./b.md#retry-after-and-why), [b](../docs/b.md#why-1), [b](b.md#by-hand), [c](../img/)",
        "![c](../img/c.png) <img src='../img/c.png'>",
        "# Here\n\n[here](#here) [it][1]\n\n[1]: https://example.com/a?b=c#d",
        "`[code](nowhere.md)` and [x] and\n\n    [code](nowhere.md)\n",
    ],
)
def test_a_link_that_leads_somewhere_is_fine(text: str) -> None:
    assert faults_of(text) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[b](c.md)", "there is no such file"),
        ("[b](B.md)", "there is no such file"),
        ("[b](../../docs/b.md)", "there is no such file"),
        ("| a |\n|---|\n| ![c](c.png) |", "there is no such file"),
        ("<img src='c.png'>", "there is no such file"),
        ("[b](b.md#why-2)", "there is no such heading"),
        ("[here](#here)", "there is no such heading"),
        ("[c](../img/c.png#l1)", "there is no such heading"),
        ("[b](/docs/b.md)", "write it relative to this file"),
        ("[b](https://)", "no address of the web"),
        ("[b](https://example)", "no address of the web"),
        ("[b](htps://example.com)", "no address of the web"),
        ("[b](//example.com/a)", "no address of the web"),
        ("<https://example.com:port/>", "could not be cast to integer"),
        ("[b][nowhere]", "does not define this reference"),
    ],
)
def test_a_link_that_leads_nowhere_is_named_with_its_place(text: str, why: str) -> None:
    (found,) = faults_of(f"# A\n\n{text}\n")
    assert found.startswith("docs/a.md:")
    assert why in found


def test_a_line_of_a_paragraph_is_where_it_begins() -> None:
    assert faults_of("# A\n\nwords\n[b](c.md)\n") == ["docs/a.md:3: c.md: there is no such file"]


def test_anchors_are_those_of_github() -> None:
    assert anchors(OTHER) == {"where-it-is", "retry-after-and-why", "why", "why-1", "by-hand"}
    assert anchors("## Protocol §4.10: Lists\n") == {"protocol-410-lists"}
