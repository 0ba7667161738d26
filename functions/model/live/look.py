"""What one TLS handshake with one address has shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """Why a look has seen no certificate, or not the end of the handshake."""

    NONE = ""
    UNRESOLVED = "unresolved"  # the name has no address
    CLOSED = "closed"  # nothing listens
    NO_WAY = "no-way"  # the network has no way there
    TIMEOUT = "timeout"
    RESET = "reset"  # the connection ended within the handshake
    TOO_MUCH = "too-much"  # more bytes than a handshake needs
    NO_TLS = "no-tls"  # no TLS 1.2 or 1.3, or none that can be read
    CLIENT_CERTIFICATE = "client-certificate"  # refused, as none was shown


@dataclass(frozen=True, slots=True)
class Look:
    """What a server showed: its certificates (DER), leaf first, as far as they came; and what went
    wrong, in a word and, for people, in a sentence.
    """

    address: str = ""
    chain: tuple[bytes, ...] = ()
    trouble: Trouble = Trouble.NONE
    said: str = ""
