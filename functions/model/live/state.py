"""What is concluded of an endpoint from what its addresses have shown, and the records of a check.

A check belongs to a certificate: it holds the version that is expected, since when, and what each
endpoint was at its last look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha1, sha256

from functions.model.humanize import moment
from functions.model.inventory.endpoints import Endpoint
from functions.model.live.look import Look, Trouble
from functions.x509.certificate import Certificate, load
from functions.x509.describe import issuer_of


class LiveState(StrEnum):
    """What an endpoint shows, compared with the current version."""

    LIVE = "live"  # the current version, in a chain in order
    OLD = "old"  # an earlier version, while the grace lasts
    NOT_LIVE = "not-live"  # an earlier version, after it
    OTHER = "other"  # a certificate that is no version of this name
    WRONG_CHAIN = "wrong-chain"  # the current version, in a chain out of order
    EXPIRED = "expired"  # a certificate that is not valid any more
    UNREACHABLE = "unreachable"
    CLIENT_CERTIFICATE = "wants-client-certificate"  # the current version, to clients with one
    NOT_FROM_HERE = "not-from-here"  # a private address to which the app has no way
    REFUSED = "refused"  # a setting does not allow the look


# Of several addresses of an endpoint, the first of these that one has is the endpoint's.
WORST = (
    LiveState.REFUSED,
    LiveState.EXPIRED,
    LiveState.OTHER,
    LiveState.NOT_LIVE,
    LiveState.OLD,
    LiveState.WRONG_CHAIN,
    LiveState.UNREACHABLE,
    LiveState.NOT_FROM_HERE,
    LiveState.CLIENT_CERTIFICATE,
    LiveState.LIVE,
)
SERVED = frozenset({LiveState.LIVE, LiveState.CLIENT_CERTIFICATE})  # what is well
# What people are told of once the grace is over; of the first at once.
WRONG = (LiveState.EXPIRED, LiveState.NOT_LIVE, LiveState.OTHER, LiveState.WRONG_CHAIN)
MAX_CHAIN = 10  # certificates; clients give up at about as many
ERROR_LETTERS = 300  # of a sentence


@dataclass(frozen=True, slots=True)
class EndpointState:
    """What an endpoint was at a look (UTC). `served` is the SHA-256 (hex) of the certificate that
    it showed, empty if none; `address` where; `sentence` says it for people. `failures` counts the
    looks in a row that reached nothing. `since`: when it was first served. `told` are the keys of
    what people were told of this version.
    """

    endpoint: str
    state: LiveState
    at: datetime
    sentence: str = ""
    served: str = ""
    address: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    failures: int = 0
    since: datetime | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedVersion:
    """The current version of a certificate: SHA-1 and SHA-256 of its DER (hex), its validity, and
    since when it is current (UTC). `seen`: Certflow saw it come, rather than find it.
    """

    sha1: str
    sha256: str
    changed: datetime
    not_before: datetime | None = None
    not_after: datetime | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class EndpointCheck:
    """The check of a certificate: its endpoints, how long they may take for a new version
    (`grace`, seconds), the version, the states at the last look, and when to look next (UTC).
    """

    vault: str
    name: str
    expected: ExpectedVersion
    next_look: datetime
    endpoints: tuple[Endpoint, ...] = ()
    grace: float = 0
    states: tuple[EndpointState, ...] = ()
    owner: str | None = None
    etag: str = ""

    @property
    def deadline(self) -> datetime:
        """When the grace is over (UTC)."""
        return self.expected.changed + timedelta(seconds=self.grace)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one address shows."""

    state: LiveState
    sentence: str
    address: str = ""
    leaf: Certificate | None = None


def judge_looks(
    check: EndpointCheck,
    endpoint: Endpoint,
    looks: Sequence[Look],
    versions: Mapping[str, str],
    now: datetime,
    *,
    private: bool = False,
) -> EndpointState:
    """The state of an endpoint by the looks at its addresses. `versions` are all versions of the
    name by the SHA-1 of their DER (hex). `private`: its addresses are not public. An IPv6 address
    to which the app has no way counts only where there is no other: most plans have no way to any.
    """
    looks = [look for look in looks if not _is_ipv6_without_way(look)] or looks
    judged = [judge_look(check, look, versions, now, private=private) for look in looks]
    worst = min(judged, key=lambda one: WORST.index(one.state))
    sentence = f"{worst.sentence}{_of_others(judged, worst)}"
    leaf = worst.leaf
    return EndpointState(
        str(endpoint),
        worst.state,
        now,
        sentence[:ERROR_LETTERS],
        leaf.sha256 if leaf else "",
        worst.address,
        leaf.not_valid_before_utc if leaf else None,
        leaf.not_valid_after_utc if leaf else None,
    )


def _of_others(judged: Sequence[Judged], worst: Judged) -> str:
    """A sentence about the other addresses, where they show something else."""
    others = sorted({one.state for one in judged} - {worst.state})
    if not others:
        return ""
    same = sum(one.state is worst.state for one in judged)
    return f" So do {same} of its {len(judged)} addresses; others: {', '.join(others)}."


def _is_ipv6_without_way(look: Look) -> bool:
    return look.trouble is Trouble.NO_WAY and ":" in look.address


def refused(endpoint: Endpoint, why: str, now: datetime) -> EndpointState:
    """The state of an endpoint that may not be looked at."""
    return EndpointState(str(endpoint), LiveState.REFUSED, now, why[:ERROR_LETTERS])


def judge_look(
    check: EndpointCheck, look: Look, versions: Mapping[str, str], now: datetime, *, private: bool
) -> Judged:
    """What one address shows. That the server wants a client certificate says nothing of its own,
    so what is wrong with that comes first.
    """
    if not look.chain:
        return _nothing_seen(look, private=private)
    try:
        leaf = load(look.chain[0])
    except ValueError:
        same = sha256(look.chain[0]).hexdigest() == check.expected.sha256
        state = LiveState.LIVE if same else LiveState.OTHER
        return Judged(state, "It shows a certificate that cannot be read.", look.address)
    state, sentence = _compared(check, leaf, look, versions, now)
    if state is LiveState.LIVE and look.trouble is Trouble.CLIENT_CERTIFICATE:
        state = LiveState.CLIENT_CERTIFICATE
        sentence = "It shows the current version, and asks clients for a certificate of their own."
    return Judged(state, sentence, look.address, leaf)


def _nothing_seen(look: Look, *, private: bool) -> Judged:
    if look.trouble is Trouble.CLIENT_CERTIFICATE:
        return Judged(LiveState.CLIENT_CERTIFICATE, "It wants a client certificate.", look.address)
    if private and look.trouble in {Trouble.NO_WAY, Trouble.TIMEOUT}:
        said = f"The app has no way to {look.address}, which is not public."
        return Judged(LiveState.NOT_FROM_HERE, said, look.address)
    if look.trouble is Trouble.UNRESOLVED:
        return Judged(LiveState.UNREACHABLE, "Its name has no address.", look.address)
    said = f"{look.address} gave no certificate: {look.said}."
    return Judged(LiveState.UNREACHABLE, said, look.address)


def _compared(
    check: EndpointCheck, leaf: Certificate, look: Look, versions: Mapping[str, str], now: datetime
) -> tuple[LiveState, str]:
    if leaf.not_valid_after_utc <= now:
        ended = moment(leaf.not_valid_after_utc)
        return LiveState.EXPIRED, f"It shows a certificate that expired at {ended}."
    if leaf.sha256 == check.expected.sha256:
        fault = chain_fault(look.chain)
        if fault:
            return LiveState.WRONG_CHAIN, f"It shows the current version, but {fault}."
        return LiveState.LIVE, "It shows the current version."
    if sha1(look.chain[0], usedforsecurity=False).hexdigest() not in {
        one.lower() for one in versions
    }:
        return (
            LiveState.OTHER,
            f"It shows a certificate of {issuer_of(leaf)} that is no version of this name.",
        )
    if now < check.deadline:
        return (
            LiveState.OLD,
            f"It shows an earlier version, and has until {moment(check.deadline)}.",
        )
    return LiveState.NOT_LIVE, "It shows an earlier version."


def chain_fault(chain: Sequence[bytes]) -> str:
    """What is wrong with the order of a chain (DER), as the end of a sentence: each certificate is
    to be issued by the next (RFC 5246 §7.4.2). Which roots clients trust is not judged. Since
    TLS 1.3 clients take other orders and more certificates (RFC 8446 §4.4.2), but not all do.
    """
    if len(chain) > MAX_CHAIN:
        return f"its chain has more than {MAX_CHAIN} certificates"
    try:
        certificates = [load(one) for one in chain]
    except ValueError:
        return "a certificate of its chain cannot be read"
    below, *above = certificates
    if not above and not below.self_issued:
        return "without the certificate of the CA that issued it"
    for one in above:
        if below.self_issued or one.subject_key != below.issuer_key:
            return "its chain is not in order, or has a certificate that does not belong there"
        below = one
    return ""
