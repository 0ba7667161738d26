"""Finds PEM blocks (RFC 7468) in a text, also where mail programs, editors or people have changed
the lines around them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from functions.chains.parsing.encodings import has_base64

# RFC 7468 has five dashes. A block is found although some of them are missing or added.
MARK = re.compile(r"-[ \t]*+(BEGIN|END)[ \t_+]++([^-\n]{1,64}+)(-{0,64}+)", re.IGNORECASE)
# Without any dash the mark must be alone in its line, except for signs around it.
BARE_MARK = re.compile(
    r"^[^A-Za-z0-9\n]{0,80}+(BEGIN|END)[^A-Za-z0-9\n]{1,8}+"
    r"((?:(?:X\.?509|TRUSTED)[^A-Za-z0-9\n]{1,4}+)?(?:CERTIFICATE|PKCS "
    r"*#?7|CMS))[^A-Za-z0-9\n]{0,80}+$",
    re.IGNORECASE | re.MULTILINE,
)
# Any other words that announce a certificate: if none can be read behind them, that is reported.
MENTION = re.compile(
    r"BEGIN[^A-Za-z0-9]{0,20}+(?:[A-Z0-9.]{1,10}[^A-Za-z0-9]{1,8}+)??CERTIFICATE(?![^A-Za-z0-9]{1,8}REQ)",
    re.IGNORECASE,
)
WORD = re.compile(r"[A-Z0-9]+")
KNOWN_LABELS = re.compile(r"(?:CERTIFICATE|PKCS ?7|CMS|SIGNED DATA|REQUEST|CRL|KEY|PARAMETERS)$")
CHAINS = {"PKCS7", "PKCS 7", "CMS", "PKCS 7 SIGNED DATA"}
NO_CERTIFICATES = {"REQUEST", "ATTRIBUTE", "REVOCATION"}
MAX_MARKS = 5000  # BEGIN and END lines; a chain of a hundred certificates has two hundred


@dataclass(frozen=True, slots=True)
class Block:
    """A PEM block: the text between its BEGIN line and its END line, of which one may be missing
    (`begun`, `ended`).

    `line` is the number of its first line, counted from 1. `alone`: there is no word beside the
    mark in the mark's line.
    """

    label: str
    body: str
    line: int
    begun: bool = True
    ended: bool = True
    alone: bool = True

    @property
    def of_certificates(self) -> bool:
        """Whether the label announces a certificate or a chain."""
        words = set(self.label.split())
        return self.label in CHAINS or ("CERTIFICATE" in words and not words & NO_CERTIFICATES)

    @property
    def meant(self) -> bool:
        """Whether this is a real block, and not a sentence about one or a placeholder with
        words.
        """
        words = self.ended and len(self.body.split()) > 1
        return has_base64(self.body) or (self.alone and not words)


def parts(text: str) -> Iterator[Block | str]:
    """Yields the blocks of a text and the text between them, in their order."""
    begun: re.Match[str] | None = None
    start, line = 0, 1
    for mark in _marks(text):
        between, lines = text[start : mark.start()].rstrip("-"), text.count("\n", start, mark.end())
        if begun:
            yield _block(text, begun, between, line, ended=_is_end(mark))
        elif _is_end(mark):
            yield Block(label_of(mark), between, line, begun=False, alone=_alone(text, mark))
        else:
            yield between
        begun = None if _is_end(mark) else mark
        start, line = mark.end(), line + lines
    if begun:
        yield _block(text, begun, text[start:], line, ended=False)
    else:
        yield text[start:]


def label_of(mark: re.Match[str]) -> str:
    """Returns the label in a BEGIN or END line, in upper case and with single blanks."""
    return " ".join(WORD.findall(mark[2].upper()))


def _block(text: str, begun: re.Match[str], body: str, line: int, *, ended: bool) -> Block:
    return Block(label_of(begun), body, line, ended=ended, alone=_alone(text, begun))


def _is_end(mark: re.Match[str]) -> bool:
    return mark[1].upper() == "END"


def _marks(text: str) -> list[re.Match[str]]:
    """Returns the BEGIN and END marks of a text, at most MAX_MARKS with dashes and as many
    without; the text behind these is read as if it had none.
    """
    marks = itertools.islice(MARK.finditer(text), MAX_MARKS)
    found = [
        one for one in marks if (one[3] and one[1].isupper()) or KNOWN_LABELS.search(label_of(one))
    ]
    if len(found) == MAX_MARKS:
        return found
    taken = {text.rfind("\n", 0, one.start()) for one in found}
    bare = itertools.islice(BARE_MARK.finditer(text), MAX_MARKS)
    more = [one for one in bare if one.start() - 1 not in taken]
    return sorted([*found, *more], key=re.Match.start) if more else found


def _alone(text: str, mark: re.Match[str]) -> bool:
    """Whether there is no word before or after the mark in its line."""
    start = text.rfind("\n", 0, mark.start()) + 1
    before = text[max(start, mark.start() - 200) : mark.start()]
    after = text[mark.end() : mark.end() + 200].partition("\n")[0]
    return not any(letter.isalpha() for letter in before + after)
