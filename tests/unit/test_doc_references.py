"""A section that a comment names is in the repository: "protocol §4.6" is one of docs/key-vault-protocol.md,
"platform §2.1" one of docs/platform.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from local.functions_host import ROOT
from local.working_copy import working_copy
from tests.markdown import headings

DOCUMENTS = {"protocol": Path("docs/key-vault-protocol.md"), "platform": Path("docs/platform.md")}
OURS = {path: name for name, path in DOCUMENTS.items()}
# Not ours to write: what other programs' files say, and the words of this test.
LEFT_OUT = {Path("local/node/package-lock.json"), Path(__file__).relative_to(ROOT)}

# A blank, or the end of a line of a comment and the beginning of the next.
GAP = r"(?:[ ]|\s*\n\s*(?:(?:#|//)[ ]*)?)"
NUMBER = r"[0-9A-Z]+(?:\.[0-9]+)*"
# "§4.6", "§4.1, §4.4 and §4.6", "§6.1 to §6.3", "§§4.1–4.6".
SECTIONS = rf"§+{NUMBER}(?:(?:,{GAP}(?:and{GAP})?|{GAP}(?:and|or|to){GAP})§{NUMBER}|[-–]§?{NUMBER})*"
REFERENCE = re.compile(rf"\b(protocol|platform),?{GAP}({SECTIONS})", re.IGNORECASE)
ANY_REFERENCE = re.compile(SECTIONS)
# Whose sections a § may be of, beside the two documents.
PUBLIC = re.compile(
    rf"(?:RFC{GAP}[0-9]+|X\.[0-9]+|UAX{GAP}#[0-9]+|\[MS-[A-Z]+\]|CloudEvents{GAP}1\.0|Baseline{GAP}Requirements)"
    rf"\]?{GAP}{SECTIONS}"
)
RANGE = re.compile(rf"({NUMBER})(?:{GAP}to{GAP}|[-–])§?({NUMBER})")


def sections(text: str) -> list[str]:
    """The numbers of a document's sections, in order."""
    return [found[1] for heading in headings(text) if (found := re.match(r"§([0-9.]+) ", heading))]


def named(words: str, known: list[str]) -> list[str]:
    """The sections that a reference names; of a range also those within it."""
    numbers = re.findall(NUMBER, re.sub(r"\b(and|or|to)\b|#|//", " ", words))
    for first, last in RANGE.findall(words):
        if first in known and last in known:
            numbers += known[known.index(first) : known.index(last)]
    return numbers


def unknown(path: Path, text: str, known: Mapping[str, list[str]]) -> Iterator[str]:
    """References to sections that do not exist, and those that do not say of what they are: `file:line: why`."""
    rest = PUBLIC.sub(_blanks, text)
    for found in REFERENCE.finditer(rest):
        yield from _missing(path, rest, found.start(), found[1].lower(), found[2], known)
    for found in ANY_REFERENCE.finditer(REFERENCE.sub(_blanks, rest)):
        if path in OURS:
            yield from _missing(path, rest, found.start(), OURS[path], found[0], known)
        else:
            yield f"{_place(path, rest, found.start())}: {found[0]}: say of which document"


def _missing(
    path: Path, text: str, at: int, document: str, words: str, known: Mapping[str, list[str]]
) -> Iterator[str]:
    for number in named(words, known[document]):
        if number not in known[document]:
            yield f"{_place(path, text, at)}: {DOCUMENTS[document]} has no §{number}"


def _place(path: Path, text: str, at: int) -> str:
    return f"{path}:{text.count('\n', 0, at) + 1}"


def _blanks(found: re.Match[str]) -> str:
    """As long as what was found, and with its lines, so that places stay."""
    return re.sub(r"[^\n]", " ", found[0])


def texts() -> Iterator[tuple[Path, str]]:
    for path in working_copy():
        if path not in LEFT_OUT:
            try:
                yield path, (ROOT / path).read_text()
            except UnicodeDecodeError:
                continue  # a picture or an archive


KNOWN = {name: sections((ROOT / path).read_text()) for name, path in DOCUMENTS.items()}


def test_every_section_that_is_named_exists() -> None:
    found = dict(texts())
    count = sum(len(REFERENCE.findall(text)) for text in found.values())
    assert count > 150
    assert [fault for path, text in found.items() for fault in unknown(path, text, KNOWN)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_numbers_of_sections_rise(name: str) -> None:
    numbers = [tuple(int(part) for part in number.split(".")) for number in KNOWN[name]]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 10


SOME = {"protocol": ["1", "4", "4.1", "4.2", "4.10"], "platform": ["6.1", "6.2", "6.3"]}


@pytest.mark.parametrize(
    "text",
    [
        "(protocol §4.1)",
        "Protocol §4.1, §4.2 and §4.10, RFC 5280 §9.9, [RFC 4514 §2.1]",
        "# (protocol §4.1,\n    # §4.10)",
        "x5t,\n    protocol §1: `sans`",
        "(platform §6.1 to §6.3; protocol §§4.1–4.10)",
        "the protocol of X.690 §8.1.3.6 and §8.7",
    ],
)
def test_a_reference_to_a_section_that_exists_is_fine(text: str) -> None:
    assert list(unknown(Path("a.py"), text, SOME)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\n(protocol §4.3)", "a.py:2: docs/key-vault-protocol.md has no §4.3"),
        ("protocol §4.1,\n    # §4.3", "a.py:1: docs/key-vault-protocol.md has no §4.3"),
        ("(protocol\n    §3)", "a.py:1: docs/key-vault-protocol.md has no §3"),
        ("platform §6.1 to §6.4", "a.py:1: docs/platform.md has no §6.4"),
        ("protocol §§4.1-4.11", "a.py:1: docs/key-vault-protocol.md has no §4.11"),
        ("PLATFORM §4", "a.py:1: docs/platform.md has no §4"),
        ("RFC 5280 §4.1; see §4.2", "a.py:1: §4.2: say of which document"),
        ("as decided (DESIGN §4)", "a.py:1: §4: say of which document"),
    ],
)
def test_a_reference_to_nothing_is_named_with_its_place(text: str, fault: str) -> None:
    assert list(unknown(Path("a.py"), text, SOME)) == [fault]


def test_a_range_names_what_lies_within() -> None:
    assert set(named("§6.1 to §6.3", SOME["platform"])) == {"6.1", "6.2", "6.3"}


def test_a_document_names_its_own_sections_by_their_number_alone() -> None:
    document = DOCUMENTS["protocol"]
    assert list(unknown(document, "see §4.1 and §4.3", SOME)) == [f"{document}:1: {document} has no §4.3"]
