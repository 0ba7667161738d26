"""Checks the CAs of a chain, and whether they may issue what is below them. Each check is a
function that yields findings. Whether an issuer is missing: end_checks.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509

from functions.chains.validation.build import Chain, Path
from functions.chains.validation.checks import (
    is_for_servers,
    unreadable,
    validity,
    weak_key,
    weak_signature,
)
from functions.chains.validation.expected import RequestedAttributes
from functions.chains.validation.refusals import (
    ANOTHER_CA_FOR_NAMES,
    may_not_issue,
    path_length_passed,
    refused,
)
from functions.chains.validation.trust import Trust
from functions.model.findings import Finding
from functions.x509.certificate import Certificate
from functions.x509.describe import several, subject_of
from functions.x509.key_usages import ekus_of
from functions.x509.rewrite import DECISIVE
from functions.x509.san import names_in, names_of
from functions.x509.usages import ANY_USAGE, SERVER, eku_words

# The extended key usages that OpenSSL accepts in a CA for servers (check_purpose_ssl_server):
# serverAuth, and those of Microsoft's and Netscape's Server Gated Cryptography.
FOR_SERVERS = {SERVER, "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"}
ANOTHER_CA = "Have the CSR signed by a CA that may issue for this."


def check_path(
    chain: Chain, requested: RequestedAttributes | None, trust: Trust, now: datetime
) -> Iterator[Finding]:
    """Yields all findings about the CAs of a chain, and about what they may issue."""
    for issuer in chain.all()[1:]:
        yield from unreadable(issuer, DECISIVE)
        yield from validity(issuer, now, _renewed(issuer, trust))
        yield from weak_key(issuer, "Ask the CA for a chain with longer keys.")
    for issuer in chain.path[1:]:  # without the root: clients do not verify its signature
        yield from weak_signature(issuer, "Ask the CA for a newer chain.")
    yield from _may_issue(chain.all(), requested) or _below_trust(chain, requested, trust)
    yield from _no_room(chain.all())
    yield from _ends_before(chain, now)


def _renewed(issuer: Certificate, trust: Trust) -> str:
    """Returns the next step about a CA certificate that has expired."""
    if trust.holds(issuer) and issuer.self_issued:
        place = trust.place
        return (
            f"Ask the CA for its certificate as it is now, put that into {place}, and drop the "
            "file again."
        )
    return "Ask the CA for its chain as it is now."


def _may_issue(path: Path, requested: RequestedAttributes | None) -> list[Finding]:
    """Returns the findings about CAs of a path that may not issue what is below them."""
    return [*_usages(path, requested), *_wildcards(path), *refused(path)]


def _below_trust(
    chain: Chain, requested: RequestedAttributes | None, trust: Trust
) -> list[Finding]:
    """Returns the findings about a path that ends at the trusted certificate of a CA, where the
    chain has another certificate of that CA: the trusted one may allow less, and that counts. If
    several are trusted, here or further up, one that allows the path is enough.
    """
    path = chain.all()
    against: list[Finding] = []
    for index, issuer in enumerate(path[1:], 1):
        for anchor in trust.named(issuer.subject_key):
            if anchor.identity != issuer.identity:
                continue
            found = [] if anchor == issuer else _may_issue((*path[:index], anchor), requested)
            if not found:
                return []
            against = against or found
    return against


def _usages(path: Path, requested: RequestedAttributes | None) -> Iterator[Finding]:
    """An extended key usage of a CA limits what it may issue for: not in RFC 5280, but in all TLS
    clients.
    """
    leaf = path[0]
    if is_for_servers(leaf, requested):
        wanted, words = frozenset(FOR_SERVERS), frozenset({"serverAuth"})
    else:
        wanted = (requested.ekus if requested else frozenset()) or ekus_of(leaf) or frozenset()
        words = eku_words(wanted)
        wanted |= {ANY_USAGE}
    for issuer in path[1:]:
        granted = ekus_of(issuer)
        if granted is not None and words and not granted & wanted:
            purposes = several(sorted(eku_words(granted)))
            yield may_not_issue(
                issuer,
                f"may issue for {purposes} alone, not for {several(sorted(words))}",
                ANOTHER_CA,
            )


def _wildcards(path: Path) -> Iterator[Finding]:
    """A wildcard must not cover a host that a CA may not issue for. OpenSSL compares the text of
    the names alone; browsers refuse such a wildcard.
    """
    for issuer in path[1:]:
        excluded = _parents_of_excluded_hosts(issuer)
        if not excluded:
            continue
        wildcards = [name for name in _hosts(path[0]) if name.startswith("*.")]
        if wrong := [name for name in wildcards if name[2:] in excluded]:
            why = f"may not issue for {several(sorted(wrong))}: a host that it covers is excluded"
            yield may_not_issue(issuer, why, ANOTHER_CA_FOR_NAMES)


def _parents_of_excluded_hosts(issuer: Certificate) -> set[str]:
    """Returns the DNS names that a CA's name constraints exclude, without their first labels."""
    limits = issuer.extension(x509.NameConstraints)
    trees = (limits and limits.excluded_subtrees) or ()
    return {one.value.lower().partition(".")[2] for one in trees if isinstance(one, x509.DNSName)}


def _hosts(leaf: Certificate) -> set[str]:
    """Returns the DNS names of a leaf; its common name counts if it has no alternative name, as in
    OpenSSL.
    """
    names = names_of(leaf)
    if any(names.values()):
        return names["dns_names"]
    return names_in(leaf.subject).get("dns_names", set())


def _no_room(path: Sequence[Certificate]) -> Iterator[Finding]:
    """A CA's certificate does not count in the path length of its own path, but it does for what it
    issues (RFC 5280 §4.2.1.9).
    """
    basic = path[0].extension(x509.BasicConstraints)
    if not (basic and basic.ca) or path_length_passed(path, 0):
        return
    if passed := path_length_passed(path, 1):
        issuer, allowed, below = passed
        yield Finding(
            "path-length-reached",
            f"The CA {subject_of(issuer)} allows {allowed} CAs below it; with "
            f"{subject_of(path[0])} there are {below}, and clients refuse what that issues.",
            "Have the CSR signed by a CA that allows another one below it.",
        )


def _ends_before(chain: Chain, now: datetime) -> Iterator[Finding]:
    """A chain is valid until its first certificate expires, but the leaf is renewed according to
    its own expiry alone.
    """
    first = min(chain.all(), key=lambda one: one.not_valid_after_utc)
    if now <= first.not_valid_after_utc < chain.leaf.not_valid_after_utc:
        yield Finding(
            "ca-ends-first",
            f"The CA {subject_of(first)} ends on {first.not_valid_after_utc:%Y-%m-%d}, before the "
            f"certificate of {subject_of(chain.leaf)} "
            f"({chain.leaf.not_valid_after_utc:%Y-%m-%d}); from then on clients refuse both.",
            "Ask the CA when it renews that certificate, and drop the new chain then.",
        )
