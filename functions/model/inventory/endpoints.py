"""Where a certificate is served: what its tag `certflow-endpoints` and the file of endpoints say.
Endpoints are named by people, and never guessed from a certificate's names.

The tag's value is `www.example.com, api.example.com:8443@10.1.2.3`: host, port (443) and address
(all that the host resolves to); IPv6 in brackets where a port may follow. The file is a list of
`{"vault": "hub", "name": "web", "endpoints": ["www.example.com"], "grace": "appgw"}`.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from functions.model.tags import ENDPOINTS_TAG
from functions.x509.describe import printed

HTTPS_PORT, MAX_PORT = 443, 65535
ENDPOINT_FILE = "rules/endpoints.json"  # container and blob
MAX_ENDPOINTS = 20  # of one certificate
MAX_ENDPOINT_ROWS = 5000  # of the file
MAX_HOST_LETTERS, MAX_LABEL_LETTERS = 253, 63  # RFC 1123 §2.1, RFC 1035 §2.3.4
LABEL_LETTERS = frozenset(string.ascii_lowercase + string.digits + "-_")
ENDPOINT_ROW_FIELDS = frozenset({"vault", "name", "endpoints", "grace"})
ENDPOINT_SHAPE = "write host, host:port or host:port@address, such as www.example.com:8443@10.1.2.3"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A TLS server that is to show a certificate. `host` is the name that is asked for (SNI),
    lower-case, or an IP address without brackets. `address` is the only address to connect to;
    empty for all to which the host resolves.
    """

    host: str
    port: int = HTTPS_PORT
    address: str = ""

    def __str__(self) -> str:
        port = "" if self.port == HTTPS_PORT else f":{self.port}"
        return f"{in_brackets(self.host)}{port}{f'@{self.address}' if self.address else ''}"


@dataclass(frozen=True, slots=True)
class ReadEndpoints:
    """The endpoints of a text, each once; a sentence for each part that cannot be read, which then
    has no effect; and the word for how long servers may take for a new version (`grace`), if one is
    written.
    """

    endpoints: tuple[Endpoint, ...] = ()
    faults: tuple[str, ...] = ()
    grace: str = ""


@dataclass(frozen=True, slots=True)
class EndpointRows:
    """The file of endpoints: what each vault (alias, lower-case) and name (lower-case) has, and a
    sentence for each fault.
    """

    by_name: Mapping[tuple[str, str], ReadEndpoints] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def endpoints_in_tag(tags: Mapping[str, str]) -> ReadEndpoints:
    """The endpoints that a certificate's tag names."""
    given = [one.strip() for one in tags.get(ENDPOINTS_TAG, "").split(",")]
    return _read([one for one in given if one], ENDPOINTS_TAG)


def endpoints_of(
    vault: str, name: str, tags: Mapping[str, str], rows: EndpointRows
) -> ReadEndpoints:
    """All endpoints of a certificate: those of its tag, then those of the file, MAX_ENDPOINTS at
    most. Faults of the file are in `rows`.
    """
    by_tag, by_file = endpoints_in_tag(tags), rows.by_name.get((vault, name.lower()))
    if by_file is None:
        return by_tag
    found = tuple(dict.fromkeys((*by_tag.endpoints, *by_file.endpoints)))
    faults = by_tag.faults
    if len(found) > MAX_ENDPOINTS:
        faults = (*faults, _too_many(f"{ENDPOINTS_TAG} and the file"))
    return ReadEndpoints(found[:MAX_ENDPOINTS], faults, by_file.grace)


def endpoint_rows(text: str, where: str) -> EndpointRows:
    """Reads the file of endpoints. `where` names it in faults. A row with a fault has no effect,
    and the others have.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        return EndpointRows(faults=(f"{where}: this is no JSON ({printed(str(error))}).",))
    if not isinstance(given, list):
        return EndpointRows(faults=(f"{where}: a list of rows is needed.",))
    found, faults = dict[tuple[str, str], ReadEndpoints](), list[str]()
    for number, row in enumerate(given[:MAX_ENDPOINT_ROWS], 1):
        place = f"{where}, row {number}"
        if fault := _row_fault(row, found):
            faults.append(f"{place}: {fault}")
            continue
        read = _read(row["endpoints"], place)
        faults += read.faults
        key = row["vault"].lower(), row["name"].lower()
        found[key] = ReadEndpoints(read.endpoints, grace=row.get("grace", ""))
    if len(given) > MAX_ENDPOINT_ROWS:
        faults.append(f"{where}: the first {MAX_ENDPOINT_ROWS} of {len(given)} rows count.")
    return EndpointRows(found, tuple(faults))


def in_brackets(host: str) -> str:
    """A host as an address writes it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _read(given: Sequence[str], where: str) -> ReadEndpoints:
    found, faults = dict[Endpoint, None](), list[str]()
    for number, entry in enumerate(given, 1):
        try:
            found[_endpoint(entry.strip().lower())] = None
        except ValueError as error:
            shown = printed(entry, 80)
            faults.append(f"{where}: entry {number} ('{shown}') {error}; {ENDPOINT_SHAPE}.")
    if len(found) > MAX_ENDPOINTS:
        faults.append(_too_many(where))
    return ReadEndpoints(tuple(found)[:MAX_ENDPOINTS], tuple(faults))


def _endpoint(text: str) -> Endpoint:
    """Reads one endpoint. Raises ValueError with what is wrong, as the end of a sentence."""
    server, at, address = text.partition("@")
    if at and not address:
        raise ValueError("has no address behind its @")
    host, port = _host_and_port(server.strip())
    written = str(_ip(address.strip(), "its address")) if at else ""
    return Endpoint(host, _port(port) if port is not None else HTTPS_PORT, written)


def _host_and_port(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        inside, closed, after = text[1:].partition("]")
        if not closed or (after and not after.startswith(":")):
            raise ValueError("has brackets in the wrong place")
        if not isinstance(_ip(inside, "its host"), IPv6Address):
            raise ValueError("has something other than an IPv6 address in brackets")
        return str(_ip(inside, "its host")), after[1:] if after else None
    if text.count(":") > 1:
        raise ValueError("has more than one colon: write an IPv6 address in brackets")
    host, colon, port = text.partition(":")
    return _host(host), port if colon else None


def _host(text: str) -> str:
    """A host name, or an IPv4 address. A name whose last label is a number would be read as an
    address by some resolvers, so that has to be a whole one.
    """
    labels = text.removesuffix(".").split(".")
    if labels[-1].isdecimal() or labels[-1].startswith("0x"):
        return str(_ip(text, "its host"))
    if len(text) > MAX_HOST_LETTERS or not all(map(_is_label, labels)):
        raise ValueError("has no host name (one that is not ASCII is written xn--…)")
    return ".".join(labels)


def _is_label(text: str) -> bool:
    letters = set(text) <= LABEL_LETTERS and 0 < len(text) <= MAX_LABEL_LETTERS
    return letters and not text.startswith("-") and not text.endswith("-")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_PORT))):
        raise ValueError("has no port number behind its colon")
    if not 0 < int(text) <= MAX_PORT:
        raise ValueError(f"has a port that is not between 1 and {MAX_PORT}")
    return int(text)


def _ip(text: str, what: str) -> object:
    """An IP address, in brackets or without. Raises ValueError; also for one with a zone, which
    means something on one machine alone.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        found = ip_address(bare)
    except ValueError:
        raise ValueError(f"has no IP address as {what}") from None
    if isinstance(found, IPv6Address) and found.scope_id:
        raise ValueError(f"has a zone (%) in {what}")
    return found


def _row_fault(row: object, known: Iterable[tuple[str, str]]) -> str:
    """Says what is wrong with a row of the file; empty if nothing is."""
    if not isinstance(row, dict) or not row.keys() <= ENDPOINT_ROW_FIELDS:
        return f"write an object with the fields {', '.join(sorted(ENDPOINT_ROW_FIELDS))}."
    texts = [row.get("vault"), row.get("name"), row.get("grace", "")]
    if not _are_texts(texts) or not (texts[0] and texts[1]):
        return "vault, name and grace are texts, and the first two are needed."
    if not _are_texts(row.get("endpoints")):
        return "endpoints is a list of texts."
    if (row["vault"].lower(), row["name"].lower()) in set(known):
        return "another row has this vault and name."
    return ""


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _too_many(where: str) -> str:
    return f"{where}: of more than {MAX_ENDPOINTS} endpoints the first {MAX_ENDPOINTS} count."
