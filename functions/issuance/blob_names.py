"""Names of blobs that come from outside. None of them leads out of its container, whoever decodes it on the way.

The SDK percent-encodes all but `~` and `/`, its HTTP client resolves `..` (RFC 3986 §5.2.4), and what stands between
the two and the storage may decode once more or take `\\` for `/`. So a name is judged in each form that it can take on
such a way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from functions.issuance.describe import printed
from functions.issuance.errors import InvalidRequest

# Of a blob's name: characters, and parts between slashes ("Naming and referencing containers, blobs, and metadata").
MAX_LENGTH, MAX_PARTS = 1024, 254
# What is read as a slash somewhere and is none for Unicode's NFKC: the backslash, and what code pages take for either.
SLASHES = str.maketrans(dict.fromkeys("\\\u2044\u2215\u2216\u29f5\u29f8\u29f9", "/"))
UTF_16 = re.compile(r"%u([0-9a-f]{4})", re.IGNORECASE)  # an escape of IIS and of JavaScript's escape()
LINE_ENDS = {"Cc", "Zl", "Zp", "Cs"}  # control characters, separators of lines, halves of a character
UNSEEN = {"Cf", "Zs", "Mn"}  # what may be dropped from between two dots


def blob_name(name: str) -> str:
    """The name as it came, if it stays in its container in every form that it can take.

    Raises InvalidRequest for a part of it that is empty or made of dots alone, for a control character, for an escape
    that is no UTF-8, and for a name that is longer than names can be.
    """
    if not 1 <= len(name) <= MAX_LENGTH:
        raise _refused(name, f"has {len(name)} characters, and a blob's name has 1 to {MAX_LENGTH}")
    try:
        for form in _forms(name):
            if reason := _against(form):
                raise _refused(name, reason)
    except UnicodeError:  # %ud800 is half a character
        raise _refused(name, "has an escape (%) that is no UTF-8") from None
    return name


def may_be_read_as(name: str, other: str) -> bool:
    """Whether a name that `blob_name` takes is, without its folders, the same as another one (in ASCII) for anybody who
    decodes it, ignores case, or takes off the dots and blanks at its end, as URIs lose them in .NET.
    """
    last_parts = (form.removesuffix("/").rpartition("/")[2] for form in _forms(name))
    return any(last.rstrip(". ").lower() == other.lower() for last in last_parts)


def _forms(name: str) -> Iterator[str]:
    """The name in each form that it can take. Raises UnicodeError for an escape that is no UTF-8."""
    form, decoded = "", name
    while form != decoded:
        form = unicodedata.normalize("NFKC", decoded).translate(SLASHES)
        yield form
        decoded = _decoded(form)


def _against(form: str) -> str | None:
    if any(unicodedata.category(one) in LINE_ENDS for one in form):
        return "has a control character or a line break"
    parts = form.removesuffix("/").split("/")  # a folder's own marker ends in a slash
    if not all(_is_named(part) for part in parts):
        return "has a part between slashes that is empty or made of dots alone"
    return None


def _is_named(part: str) -> bool:
    return any(one != "." and unicodedata.category(one) not in UNSEEN for one in part)


def _decoded(form: str) -> str:
    """One level of escapes less."""
    return unquote_to_bytes(UTF_16.sub(lambda match: chr(int(match[1], 16)), form)).decode()


def _refused(name: str, reason: str) -> InvalidRequest:
    return InvalidRequest(
        "name",
        f"'{printed(name)}' {reason}, as it stands or unescaped. Write the file's name as the container lists it; a "
        "file that has such a name there is dropped again under another one.",
    )
