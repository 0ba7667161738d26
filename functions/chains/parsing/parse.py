"""Reads certificates from a file of any format that CAs send, by its content and never by its name.

`_FileReader` opens the file layer by layer: archives, DER, and texts with PEM, base64 or
hexadecimal digits. Each layer is searched for private keys before anything else is read from it.
"""

from __future__ import annotations

import binascii
import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.chains.parsing.contents import (
    DROP_AGAIN,
    OF_CHAINS,
    OF_LISTS,
    Collected,
    Limits,
    begun,
    best_of,
)
from functions.chains.parsing.contents import Contents as Contents
from functions.chains.parsing.encodings import (
    MIN_BYTES,
    Run,
    begins_as_certificate,
    bodies,
    from_damaged_base64,
    has_base64,
    has_names,
    hexadecimal,
    names_in,
    runs,
)
from functions.chains.parsing.file_kinds import (
    BYTES,
    MESSAGE,
    UNPACK,
    WHOLE,
    Kind,
    is_dense,
    kind_of_text,
    known_kind,
    unfolds,
)
from functions.chains.parsing.key_stores import JAVA
from functions.chains.parsing.parse_der import (
    PADDING,
    PKCS7,
    DerReader,
    certificate_error,
    without_trust_settings,
)
from functions.chains.parsing.pem_blocks import MENTION, Block, parts
from functions.chains.parsing.private_key_scan import (
    may_hold_key,
    refuse_private_key,
    refuse_private_key_in,
)
from functions.chains.parsing.texts import as_text, is_text
from functions.chains.parsing.unwrapping import unwrapped
from functions.chains.parsing.unzip import Closed, ExpansionBudget, members
from functions.model.findings import ChainProblem, Finding, too_large_error
from functions.model.log import record
from functions.x509.certificate import load
from functions.x509.der import after_items, size_of
from functions.x509.rewrite import attempt

MAX_FILE_BYTES = 1024 * 1024
# Bytes and characters that unwrapping adds to a file, in all layers together.
MAX_UNFOLDED = 6 * 1024 * 1024
MAX_PIECES = 5_000  # of PEM, base64 and text between them, in all layers; a chain has a hundred
LAYERS = 6  # base64 of PEM in an archive in an archive in a mail needs four
MENTION_DISTANCE = 200  # characters behind the words BEGIN CERTIFICATE in which a block would begin
DAMAGED_CERTIFICATE = "base64 of a certificate that is damaged"
MENTIONED = Kind("the words BEGIN CERTIFICATE, and nothing after them that can be read", DROP_AGAIN)
PLAIN_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s++([A-Za-z0-9+/\s]++={0,2})\s*+-----END CERTIFICATE-----\s*+"
)


def parse(content: bytes) -> Contents:
    """Reads the certificates of a file that was sent as the answer to a CSR.

    The file may be PEM, DER, PKCS#7, base64 or a key store without keys, also within text, a mail,
    a web page, JSON, YAML, XML or an archive. Raises ChainProblem if it is empty or too large,
    holds a private key or a part that may hold one, or holds no certificate.
    """
    return _parse(content, OF_CHAINS)


def parse_list(content: bytes) -> Contents:
    """Reads a list of CA certificates as `parse` does, with limits that suit public lists, which
    have hundreds of certificates. Raises ChainProblem.
    """
    return _parse(content, OF_LISTS)


def _parse(content: bytes, limits: Limits) -> Contents:
    if not content.strip():
        raise ChainProblem(
            "empty-file", "The file is empty.", "Drop the file that the CA sent once more."
        )
    if len(content) > MAX_FILE_BYTES:
        refuse_private_key(content)
        refuse_private_key_in(as_text(content))
        raise too_large_error(f"The file has more than {MAX_FILE_BYTES:,} bytes")
    found = _read_plain(content, limits)
    if found is None:
        found = Collected(limits=limits)
        _FileReader(limits).look(found, content, "the file")
    return found.contents()


def parse_items(items: Iterable[bytes]) -> Contents:
    """Reads the certificates of an x5c list (RFC 7515 §4.1.6): one DER item each, or whatever else
    `parse` can read. Raises ChainProblem.
    """
    found, reader = Collected(), _FileReader()
    for index, item in enumerate(items):
        reader.look(found, item, f"x5c[{index}]")
    return found.contents()


def _read_plain(content: bytes, limits: Limits) -> Collected | None:
    """Reads PEM certificates with nothing around them, the format of most files; None if the file
    is anything else.
    """
    found, at = Collected(limits=limits), len(content) - len(content.lstrip())
    while at < len(content):
        block = PLAIN_PEM.match(content, at)
        if not block:
            return None
        try:
            found.add(load(binascii.a2b_base64(block[1])), "the file")
        except ValueError:
            return None
        at = block.end()
    return found


@dataclass
class _FileReader:
    """Reads one file, layer by layer. Data that occurs twice is read once (`known`, by SHA-256)."""

    limits: Limits = OF_CHAINS
    budget: ExpansionBudget = field(default_factory=ExpansionBudget)
    known: dict[bytes, Collected] = field(default_factory=dict)
    unfolded: int = 0
    pieces: int = 0

    def __post_init__(self) -> None:
        self.der = DerReader(self.look)

    def look(
        self, found: Collected, data: bytes, where: str, layer: int = 0, *, piece: bool = False
    ) -> None:
        """Adds what the data holds to `found`. `where` names its place in sentences.

        A `piece` was decoded from a text: if nothing is known in it, that is not reported. Raises
        ChainProblem for a private key, or if limits are exceeded.
        """
        digest = hashlib.sha256(data).digest()
        if digest not in self.known:
            self.known[digest] = self._found_in(data, where, layer, piece=piece)
        found.take(self.known[digest])

    def _found_in(self, data: bytes, where: str, layer: int, *, piece: bool) -> Collected:
        """Returns what the data holds; an unforeseen error becomes a finding, and is logged."""
        found = Collected(limits=self.limits)
        if layer > LAYERS:
            found.closes(
                may_hold_key(f"{begun(where)} is wrapped more than {LAYERS} times", UNPACK)
            )
            return found
        self._count(len(data) if piece else 0)  # archives have limits of their own (Room)
        try:
            attempt(lambda: self._look(found, data, where, layer, piece=piece), but=ChainProblem)
        except ValueError as error:
            kind = type(error.__cause__ or error).__name__
            record("part-not-read", level=logging.ERROR, reason=kind)
            found.closes(
                may_hold_key(f"{begun(where)} cannot be read (an unforeseen error, {kind})", UNPACK)
            )
        return found

    def _look(self, found: Collected, data: bytes, where: str, layer: int, *, piece: bool) -> None:
        """Adds what the data holds, whichever format it has."""
        refuse_private_key(data)
        if self._archive(found, data, where, layer):
            return
        if data.startswith(JAVA) and self.der.key_store(found, data, where):
            return
        end = self.der.read(found, data, where, layer)
        if end:
            self._behind_der(found, data[end:].lstrip(PADDING), where, layer)
        else:
            self._not_der(found, data, where, layer, piece=piece)

    def _behind_der(self, found: Collected, rest: bytes, where: str, layer: int) -> None:
        """Reads what follows DER, which is reported as lost if nothing in it is known."""
        if not rest or found.enough:
            return
        behind = Collected()
        self.look(behind, rest, where, layer + 1, piece=True)
        if behind.nothing:
            behind.loses(where, f"{len(rest):,} bytes after a certificate that cannot be read")
        found.take(behind)

    def _not_der(
        self, found: Collected, data: bytes, where: str, layer: int, *, piece: bool
    ) -> None:
        """Reads data as text, unless it is of a kind that cannot be opened."""
        text = as_text(data)
        readable = is_text(data, text)
        kind = known_kind(data)
        if readable and not (kind and kind.closed):
            kind = kind_of_text(text)
        if kind and kind.closed:
            refuse_private_key_in(text)
            what = f"{begun(where)} is {kind.name}, which cannot be looked into"
            found.closes(may_hold_key(what, kind.step))
            return
        self._text(found, text, where, layer)
        if not readable and self.der.salvage(found, data, where):
            found.loses(
                where, "certificates among data that is not known here; one of them may be damaged"
            )
        if found.nothing and not piece:
            _report_unknown(found, data, where, kind)

    def _archive(self, found: Collected, data: bytes, where: str, layer: int) -> bool:
        """Reads the files of an archive; False if the data is none."""
        try:
            inside = members(data, self.budget)
            empty = True
            for name, member in inside or ():
                empty = False
                if isinstance(member, Closed):
                    found.closes(_closed(member))
                else:
                    place = name if layer == 0 else f"{name} in {where}"
                    self.look(found, member, place if name else where, layer + 1)
        except Closed as closed:
            found.closes(_closed(closed))
            return True
        if inside is not None and empty:
            found.other(where, Kind("an archive with no file in it"))
        return inside is not None

    def _text(self, found: Collected, text: str, where: str, layer: int) -> None:
        """Reads a text in all views that unwrapping gives, and adds the combination of them.

        All views are searched for private keys before certificates are read from any of them.
        """
        views: list[str] = []
        for view in unwrapped(text):
            refuse_private_key_in(view)
            self._count(len(view) if views else 0)
            views.append(view)
        found.take(best_of([self._view(view, where, layer) for view in views]))

    def _view(self, text: str, where: str, layer: int) -> Collected:
        """Reads the PEM blocks of a text, and what stands between them."""
        found = Collected(limits=self.limits)
        for part in parts(text):
            if found.enough:
                break
            self._count(0)
            if isinstance(part, Block):
                self._block(found, part, where, layer)
            else:
                self._mentioned(found, part, where, layer)
        if found.nothing and MENTION.search(text):
            found.other(where, MENTIONED)
        return found

    def _mentioned(self, found: Collected, text: str, where: str, layer: int) -> None:
        """Reads text between blocks. If it announces a certificate in words, and base64 follows
        that cannot be read, the certificate is reported as lost.
        """
        inside = Collected()
        self._between(inside, text, where, layer)
        mention = None if inside.certificates or inside.lost else MENTION.search(text)
        if mention and has_base64(text[mention.end() : mention.end() + MENTION_DISTANCE]):
            inside.loses(where, MENTIONED.name)
        found.take(inside)

    def _block(self, found: Collected, block: Block, where: str, layer: int) -> None:
        """Reads a PEM block: its body as a whole, or else whatever stands in it."""
        place = f"{where}, line {block.line}"
        if block.begun and block.ended and self._body(found, block, place, layer):
            return
        inside = Collected(limits=self.limits)
        self._between(inside, block.body, place, layer)
        if block.meant:
            _report_block(found, inside, block, where, place)
        found.take(inside)

    def _body(self, found: Collected, block: Block, where: str, layer: int) -> bool:
        """Reads the base64 of a block as DER; False unless all of it is DER of a known kind."""
        for data in dict.fromkeys(bodies(block.body)):
            refuse_private_key(data)
            if block.label == "TRUSTED CERTIFICATE":
                data = without_trust_settings(data)
            inside = Collected(limits=self.limits)
            if data and len(data) == self.der.read(inside, data, where, layer, whole=True):
                found.take(inside)
                return True
        return False

    def _between(self, found: Collected, text: str, where: str, layer: int) -> None:
        """Reads base64 without a BEGIN line, and reports certificates in hexadecimal digits."""
        for data in hexadecimal(text):
            refuse_private_key(data)
            refuse_private_key_in(as_text(data))
            if begins_as_certificate(data):
                found.loses(
                    where, "a certificate that is written in hexadecimal digits (hex)", BYTES
                )
        for run in runs(text):
            if found.enough:
                break
            self._count(0)
            self._run(found, run, where, layer)

    def _run(self, found: Collected, run: Run, where: str, layer: int) -> None:
        """Reads base64 in a text: as a file of another format, as DER, or as DER with other words
        before and behind it.
        """
        data = run.decoded()
        if _is_something(after_items(data)):
            self.look(found, data, f"base64 in {where}", layer + 1, piece=True)
            return
        whole, inside = run.whole(), Collected()
        if whole and len(whole) == self.der.read(inside, whole, where, layer, whole=True):
            found.take(inside)
        elif self._items(found, run, where, layer):
            if any(map(has_names, run.beside())):
                found.loses(where, DAMAGED_CERTIFICATE)
        else:
            self._starts(found, run, where, layer)

    def _items(self, found: Collected, run: Run, where: str, layer: int) -> bool:
        """Reads the DER items within base64, or reports them as lost; False if there are none."""
        known = False
        for item, fits in run.items():
            if (fits or PKCS7.match(item)) and self.der.read(found, item, where, layer):
                known = True
            elif begins_as_certificate(item):
                found.loses(where, f"base64 of a certificate that {certificate_error(item)}")
                known = True
            elif names_in(item):
                found.loses(where, DAMAGED_CERTIFICATE)
                known = True
        return known

    def _starts(self, found: Collected, run: Run, where: str, layer: int) -> None:
        """Reads base64 from each word on that begins as a file of a known format."""
        inside = Collected()
        for start in run.starts():
            self.look(inside, run.decoded(start), f"base64 in {where}", layer + 1, piece=True)
        if inside.nothing and has_names(run.letters):
            inside.loses(where, DAMAGED_CERTIFICATE)
        found.take(inside)

    def _count(self, size: int) -> None:
        """Counts one more piece, and the bytes that it adds to the file. Raises ChainProblem beyond
        MAX_PIECES or MAX_UNFOLDED.
        """
        self.unfolded += size
        self.pieces += 1
        if self.pieces > MAX_PIECES:
            raise too_large_error(f"The file has more than {MAX_PIECES:,} pieces of PEM and base64")
        if self.unfolded > MAX_UNFOLDED:
            raise too_large_error(f"The file unfolds to more than {MAX_UNFOLDED:,} bytes")


def _report_unknown(found: Collected, data: bytes, where: str, kind: Kind | None) -> None:
    """Reports data in which nothing was found. It may hold a key if it is compressed or encrypted;
    DER that is whole has been searched for keys already.
    """
    if not kind and is_dense(data) and size_of(data) != len(data):
        what = f"{begun(where)} is of a kind that is not known here, compressed or encrypted"
        found.closes(may_hold_key(what, UNPACK))
    else:
        found.other(where, kind or Kind("data that is not known here"))


def _report_block(
    found: Collected, inside: Collected, block: Block, where: str, place: str
) -> None:
    """Reports a block in which nothing was found, or no certificate although its label says so."""
    if not inside.certificates and block.of_certificates:
        found.loses(place, f"a {block.label} block that {_block_error(block)}")
        inside.lost = []
    elif not inside.nothing:
        return
    elif block.label == "PGP MESSAGE":
        found.closes(may_hold_key(f"{begun(place)} holds {MESSAGE.name}", MESSAGE.step))
    elif block.begun and "PRIVATE KEY" not in block.label:
        found.other(where, Kind(f"a block of {block.label.lower()}"))


def _block_error(block: Block) -> str:
    """Returns why the body of a block is no certificate, as the end of a sentence."""
    if not block.begun or not block.ended:
        return "has no end" if block.begun else "has no beginning"
    data = from_damaged_base64(block.body)
    return certificate_error(data) if begins_as_certificate(data) else "cannot be read"


def _is_something(data: bytes) -> bool:
    """Whether decoded base64 is a text, an archive or a key store. Its last quarter does not count:
    words that are no base64 may have been decoded with it.
    """
    start = data[: len(data) * 3 // 4]
    return len(data) >= MIN_BYTES and (unfolds(data) or is_text(start, as_text(start)))


def _closed(closed: Closed) -> Finding:
    finding = may_hold_key(str(closed)[:-1], WHOLE if closed.broken else UNPACK)
    if closed.kind != "zip":
        return finding
    return Finding("unreadable-zip", finding.sentence, finding.next_step)
