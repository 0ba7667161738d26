"""The lines around PEM (RFC 7468), as they are, and as they become on their way through mails, editors and people."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from functions.issuance.encodings import has_base64

# RFC 7468 has five dashes. One that was lost, or is one too many, shall lose nothing.
MARK = re.compile(r"-[ \t]*+(BEGIN|END)[ \t_+]++([^-\n]{1,64}+)(-{0,64}+)", re.IGNORECASE)
# Without any dash it is a line of its own, whatever else adorns it.
BARE_MARK = re.compile(
    r"^[^A-Za-z0-9\n]{0,80}+(BEGIN|END)[^A-Za-z0-9\n]{1,8}+"
    r"((?:(?:X\.?509|TRUSTED)[^A-Za-z0-9\n]{1,4}+)?(?:CERTIFICATE|PKCS *#?7|CMS))[^A-Za-z0-9\n]{0,80}+$",
    re.IGNORECASE | re.MULTILINE,
)
# Whatever else says that a certificate begins: if it comes to nothing, that is told.
MENTION = re.compile(
    r"BEGIN[^A-Za-z0-9]{0,20}+(?:[A-Z0-9.]{1,10}[^A-Za-z0-9]{1,8}+)??CERTIFICATE(?![^A-Za-z0-9]{1,8}REQ)",
    re.IGNORECASE,
)
WORD = re.compile(r"[A-Z0-9]+")
KNOWN = re.compile(r"(?:CERTIFICATE|PKCS ?7|CMS|SIGNED DATA|REQUEST|CRL|KEY|PARAMETERS)$")
CHAINS = {"PKCS7", "PKCS 7", "CMS", "PKCS 7 SIGNED DATA"}
NO_CERTIFICATES = {"REQUEST", "ATTRIBUTE", "REVOCATION"}
MOST_MARKS = 5000  # that are read; a chain of a hundred certificates has two hundred


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between a BEGIN line and what ends it, and of which of the two lines is missing.

    `line` is that of its first line, counted from 1; `alone`: nothing but the mark stands in it.
    """

    label: str
    body: str
    line: int
    begun: bool = True
    ended: bool = True
    alone: bool = True

    @property
    def of_certificates(self) -> bool:
        """Whether the label says that a certificate or a chain is in it."""
        words = set(self.label.split())
        return self.label in CHAINS or ("CERTIFICATE" in words and not words & NO_CERTIFICATES)

    @property
    def meant(self) -> bool:
        """Whether it is a block, and no sentence that speaks of one, and no place holder with words in it."""
        words = self.ended and len(self.body.split()) > 1
        return has_base64(self.body) or (self.alone and not words)


def parts(text: str) -> Iterator[Block | str]:
    """The blocks of a text, and what stands between them, in the text's order."""
    begun: re.Match[str] | None = None
    start, line = 0, 1
    for mark in _marks(text):
        between, lines = text[start : mark.start()].rstrip("-"), text.count("\n", start, mark.end())
        if begun:
            yield _block(text, begun, between, line, ended=_ends(mark))
        elif _ends(mark):
            yield Block(label_of(mark), between, line, begun=False, alone=_alone(text, mark))
        else:
            yield between
        begun = None if _ends(mark) else mark
        start, line = mark.end(), line + lines
    if begun:
        yield _block(text, begun, text[start:], line, ended=False)
    else:
        yield text[start:]


def label_of(mark: re.Match[str]) -> str:
    """What the block calls itself, in capital letters and single blanks."""
    return " ".join(WORD.findall(mark[2].upper()))


def _block(text: str, begun: re.Match[str], body: str, line: int, *, ended: bool) -> Block:
    return Block(label_of(begun), body, line, ended=ended, alone=_alone(text, begun))


def _ends(mark: re.Match[str]) -> bool:
    return mark[1].upper() == "END"


def _marks(text: str) -> list[re.Match[str]]:
    """MOST_MARKS at most: behind them all is read as text without any."""
    marks = itertools.islice(MARK.finditer(text), MOST_MARKS)
    found = [one for one in marks if (one[3] and one[1].isupper()) or KNOWN.search(label_of(one))]
    if len(found) == MOST_MARKS:
        return found
    taken = {text.rfind("\n", 0, one.start()) for one in found}
    bare = itertools.islice(BARE_MARK.finditer(text), MOST_MARKS)
    more = [one for one in bare if one.start() - 1 not in taken]
    return sorted([*found, *more], key=re.Match.start) if more else found


def _alone(text: str, mark: re.Match[str]) -> bool:
    """Whether no word stands before or after the mark in its line."""
    start = text.rfind("\n", 0, mark.start()) + 1
    before = text[max(start, mark.start() - 200) : mark.start()]
    after = text[mark.end() : mark.end() + 200].partition("\n")[0]
    return not any(letter.isalpha() for letter in before + after)
