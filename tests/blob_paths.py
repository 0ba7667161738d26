"""Names that lead out of a container, and an oracle of its own for it: what the address is once all have decoded it."""

from __future__ import annotations

import posixpath
import unicodedata
from urllib.parse import quote, unquote

from hypothesis import strategies as st

ROUNDS = 12  # of decoding; more than anything does that stands between a caller and a blob

LEADING_OUT = [
    "../csr/main/web/x.csr",
    "../chains-merged/x",
    "../../x",
    "a/../../csr/x",
    "./../csr/x",
    "a/./../../csr/x",
    "..",
    ".",
    "a/..",
    "a/../",
    "/../csr/x",
    "/csr/x",
    "//csr/x",
    "a//../../csr/x",
    "..//csr/x",
    "%2e%2e/csr/x",
    "%2E./csr/x",
    ".%2e%2fcsr%2Fx",
    "%252e%252e/csr/x",
    "%25252e%25252e%25252fcsr/x",
    "%u002e%u002e%u2215csr/x",
    "..\\csr\\x",
    "a\\..\\..\\csr\\x",
    "..%5ccsr/x",
    "..%255ccsr/x",
    "\\\\csr\\x",
    "\uff0e\uff0e/csr/x",
    "\uff0e\uff0e\uff0fcsr\uff0fx",
    "\u2025/csr/x",
    "\u2024\u2024/csr/x",
    "\ufe52\ufe52/csr/x",
    "\uff052e\uff052e/csr/x",
    "%ef%bc%8e%ef%bc%8e/csr/x",
    "..\u2215csr/x",
    "..\u2044csr/x",
    "..\u2216csr/x",
    "..\uff3ccsr/x",
    "%c0%ae%c0%ae/csr/x",
    "%e0%80%ae%e0%80%ae/csr/x",
    ".. /csr/x",
    ".\u200b./csr/x",
    "..\u00a0/csr/x",
    "..\x00/csr/x",
    "..%00/csr/x",
    "a\r\nb/x",
    "a%0d%0aHost:x",
    "a\x7fb",
    "a\x85b",
    "a\u2028b",
    "x" * 1025,
    "",
]

PLAIN = (
    "/",
    "\\",
    ".",
    "..",
    "%",
    "2e",
    "2f",
    "5c",
    "25",
    "u002e",
    "csr",
    "x.pem",
    "a",
    " ",
    "\x00",
    "\n",
    "?",
    "#",
    ";",
)
LOOKING_ALIKE = ("\uff0e", "\uff0f", "\u2025", "\u2024", "\uff05", "\uff3c", "\u2215", "\u200b", "ü")
PIECES = st.sampled_from((*PLAIN, *LOOKING_ALIKE))


def _escaped(name: str, levels: int) -> str:
    for _ in range(levels):
        name = "".join(f"%{byte:02x}" for byte in name.encode()) if levels == 1 else quote(name, safe="")
        name = name.replace(".", "%2e")
    return name


def _joined(pieces: list[tuple[str, int]]) -> str:
    return "".join(_escaped(piece, levels) for piece, levels in pieces)


NAMES = st.lists(st.tuples(PIECES, st.integers(0, 3)), min_size=1, max_size=10).map(_joined)


def leads_out(name: str) -> bool:
    """Whether the address of a blob `name` in the container `chains` is that of something else, or of no one thing, for
    anybody who decodes it, takes a backslash for a slash, or characters for what they look like.
    """
    path = f"/chains/{name}"
    for _ in range(ROUNDS):
        seen = unicodedata.normalize("NFKC", path).replace("\\", "/")
        if not posixpath.normpath(seen).startswith("/chains/"):
            return True
        path = unquote(unicodedata.normalize("NFKC", path))
    return False
