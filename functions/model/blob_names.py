"""Validates names of blobs that come from outside: none of them may lead out of its container,
however often it is decoded on the way.

The SDK percent-encodes all but `~` and `/`, its HTTP client resolves `..` (RFC 3986 §5.2.4), and
a proxy between the client and the storage may decode once more or take `\\` for `/`. So a name is
validated in each form that it can take on such a way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from functions.model.errors import InvalidRequest
from functions.x509.describe import printed

# The limits of a blob's name: characters, and parts between slashes (Learn, "Naming and referencing
# containers, blobs, and metadata").
MAX_LENGTH, MAX_NAME_PARTS = 1024, 254
# Characters that some software reads as a slash and that Unicode's NFKC leaves as they are: the
# backslash, and those that code pages map to either slash.
SLASHES = str.maketrans(dict.fromkeys("\\\u2044\u2215\u2216\u29f5\u29f8\u29f9", "/"))
CONTAINER = re.compile(r"[a-z0-9-]{3,63}")
# An escape of IIS and of JavaScript's escape().
UTF_16 = re.compile(r"%u([0-9a-f]{4})", re.IGNORECASE)
# Categories of Unicode: control characters, line and paragraph separators, surrogates.
CONTROL_CATEGORIES = {"Cc", "Zl", "Zp", "Cs"}
# Categories of Unicode that software may drop from between two dots: format, space, mark.
INVISIBLE_CATEGORIES = {"Cf", "Zs", "Mn"}


def blob_name(name: str) -> str:
    """Returns the name as it came, if it stays in its container in every form that it can take.

    Raises InvalidRequest for a part between slashes that is empty or made of dots alone, for a
    control character, for an escape that is no UTF-8, and for a name of more than MAX_LENGTH
    characters.
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


def is_blob_path(text: str) -> bool:
    """Whether a text is `container/name`, with a name that stays in its container."""
    container, _, name = text.partition("/")
    try:
        return CONTAINER.fullmatch(container) is not None and bool(blob_name(name))
    except InvalidRequest:
        return False


def may_be_read_as(name: str, other: str) -> bool:
    """Whether software can take the last part of `name` for `other` (in ASCII): by decoding it, by
    ignoring case, or by removing dots and blanks at its end, as .NET does with URIs. `name` is one
    that `blob_name` accepts.
    """
    last_parts = (form.removesuffix("/").rpartition("/")[2] for form in _forms(name))
    return any(last.rstrip(". ").lower() == other.lower() for last in last_parts)


def _forms(name: str) -> Iterator[str]:
    """Yields the name in each form that it can take. Raises UnicodeError for an escape that is no
    UTF-8.
    """
    form, decoded = "", name
    while form != decoded:
        form = unicodedata.normalize("NFKC", decoded).translate(SLASHES)
        yield form
        decoded = _decoded(form)


def _against(form: str) -> str | None:
    """Why a form is not accepted; None if it is."""
    if any(unicodedata.category(one) in CONTROL_CATEGORIES for one in form):
        return "has a control character or a line break"
    parts = form.removesuffix("/").split("/")  # a folder's own marker ends in a slash
    if not all(_is_real_part(part) for part in parts):
        return "has a part between slashes that is empty or made of dots alone"
    return None


def _is_real_part(part: str) -> bool:
    return any(one != "." and unicodedata.category(one) not in INVISIBLE_CATEGORIES for one in part)


def _decoded(form: str) -> str:
    """The form with one level of escapes removed."""
    return unquote_to_bytes(UTF_16.sub(lambda match: chr(int(match[1], 16)), form)).decode()


def _refused(name: str, reason: str) -> InvalidRequest:
    return InvalidRequest(
        "name",
        f"'{printed(name)}' {reason}, as it stands or unescaped. Write the file's name as the "
        "container lists it; a file that has such a name there is dropped again under another "
        "one.",
    )
