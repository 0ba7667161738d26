"""What is checked of the way from a certificate up to a CA, each a small function that says what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509

from functions.issuance.asked import Asked, ekus_of
from functions.issuance.certificate import Certificate
from functions.issuance.chains import Chain, Path
from functions.issuance.checks import (
    is_for_servers,
    unreadable,
    validity,
    weak_key,
    weak_signature,
)
from functions.issuance.der import items
from functions.issuance.describe import issuer_of, printed, several, subject_of
from functions.issuance.findings import Finding
from functions.issuance.lenient import DECISIVE
from functions.issuance.names import UPN, WORDS, names_in, names_of
from functions.issuance.trust import Trust
from functions.issuance.usage_checks import ANY, SERVER, eku_words
from functions.issuance.validate import (
    INVALID_CA,
    INVALID_EXTENSION,
    NAME_CONSTRAINTS,
    NO_ISSUER,
    NOT_A_SIGNER,
    PATH_LENGTH,
    UNKNOWN_CRITICAL,
    Refusal,
    refusal_of,
    unknown_critical,
)

# What OpenSSL takes in a CA for servers (check_purpose_ssl_server): serverAuth, and the old step-up of browsers.
FOR_SERVERS = {SERVER, "1.3.6.1.4.1.311.10.3.3", "2.16.840.1.113730.4.1"}
KINDS = {
    x509.DNSName: "DNS name",
    x509.IPAddress: "IP address",
    x509.RFC822Name: "e-mail address",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "directory name",
}
VALID_CHAIN = "Ask the CA for a valid chain."
ANOTHER_CA = "Have the CSR signed by a CA that may issue for this."
ANOTHER_CA_FOR_NAMES = (
    "Have the CSR signed by a CA that may issue for all of its names, or start a new request without the others and "
    "have its CSR signed."
)


def check_path(chain: Chain, asked: Asked | None, trust: Trust, now: datetime) -> Iterator[Finding]:
    """All that there is to say of the CAs of a chain, and of what they may issue."""
    for issuer in chain.all()[1:]:
        yield from unreadable(issuer, DECISIVE)
        yield from validity(issuer, now, _renewed(issuer, trust))
        yield from weak_key(issuer, "Ask the CA for a chain with longer keys.")
    for issuer in chain.path[1:]:  # nobody relies on the signature of a root
        yield from weak_signature(issuer, "Ask the CA for a newer chain.")
    yield from _may_issue(chain.all(), asked) or _below_trust(chain, asked, trust)
    yield from _no_room(chain.all())
    yield from _ends_before(chain, now)


def _renewed(issuer: Certificate, trust: Trust) -> str:
    if trust.holds(issuer) and issuer.self_issued:
        place = trust.place
        return f"Ask the CA for its certificate as it is now, put that into {place}, and drop the file again."
    return "Ask the CA for its chain as it is now."


def _may_issue(path: Path, asked: Asked | None) -> list[Finding]:
    """Whether the CAs of a path may issue what is below them."""
    return [*_usages(path, asked), *_wildcards(path), *_refused(path)]


def _below_trust(chain: Chain, asked: Asked | None, trust: Trust) -> list[Finding]:
    """The same with the certificate that is set as trusted, where the chain has another one of that CA: what is set
    may allow less, and that counts. Of several that are set, here or further up, one that allows it is enough.
    """
    path = chain.all()
    against: list[Finding] = []
    for index, issuer in enumerate(path[1:], 1):
        for anchor in trust.named(issuer.subject_key):
            if anchor.identity != issuer.identity:
                continue
            found = [] if anchor == issuer else _may_issue((*path[:index], anchor), asked)
            if not found:
                return []
            against = against or found
    return against


def _usages(path: Path, asked: Asked | None) -> Iterator[Finding]:
    """An extended key usage of a CA limits what it may issue for: not by RFC 5280, and yet with every TLS client."""
    leaf = path[0]
    if is_for_servers(leaf, asked):
        wanted, words = frozenset(FOR_SERVERS), frozenset({"serverAuth"})
    else:
        wanted = (asked.ekus if asked else frozenset()) or ekus_of(leaf) or frozenset()
        words = eku_words(wanted)
        wanted |= {ANY}
    for issuer in path[1:]:
        granted = ekus_of(issuer)
        if granted is not None and words and not granted & wanted:
            purposes = several(sorted(eku_words(granted)))
            yield _may_not(issuer, f"may issue for {purposes} alone, not for {several(sorted(words))}", ANOTHER_CA)


def _wildcards(path: Path) -> Iterator[Finding]:
    """A wildcard over a host that a CA may not issue for: OpenSSL compares the text alone, browsers refuse it."""
    for issuer in path[1:]:
        limits = issuer.extension(x509.NameConstraints)
        trees = (limits and limits.excluded_subtrees) or ()
        excluded = {one.value.lower().partition(".")[2] for one in trees if isinstance(one, x509.DNSName)}
        wildcards = [name for name in _hosts(path[0]) if name.startswith("*.")] if excluded else []
        if wrong := [name for name in wildcards if name[2:] in excluded]:
            why = f"may not issue for {several(sorted(wrong))}: a host that it covers is excluded"
            yield _may_not(issuer, why, ANOTHER_CA_FOR_NAMES)


def _hosts(leaf: Certificate) -> set[str]:
    """The hosts that it is for; without any alternative name the common name counts, as OpenSSL has it."""
    names = names_of(leaf)
    return names["dns_names"] if any(names.values()) else names_in(leaf.subject).get("dns_names", set())


def _refused(path: Path) -> Iterator[Finding]:
    """OpenSSL's verdict."""
    refusal = refusal_of(path)
    if refusal is None:
        return
    if refusal.depth == 0 and refusal.code in UNKNOWN_CRITICAL and unknown_critical(path[0]):
        return  # which `checks` says of a leaf
    yield _in_words(refusal, path)


def _in_words(refusal: Refusal, path: Path) -> Finding:
    one = refusal.certificate
    if refusal.code in NAME_CONSTRAINTS:
        return _outside(path, refusal)
    if refusal.code in PATH_LENGTH:
        return _too_long(path)
    if refusal.code in UNKNOWN_CRITICAL and unknown_critical(one):
        return Finding(
            "unknown-critical-extension",
            f"The CA {subject_of(one)} has critical extensions that clients do not know: "
            f"{several(unknown_critical(one))}. They refuse it.",
            VALID_CHAIN,
        )
    if refusal.code in INVALID_CA | NOT_A_SIGNER:
        return _may_not(one, "may not sign certificates (basic constraints, key usage)")
    broken = [some for some in path[refusal.depth : refusal.depth + 2] if some.unread]
    if refusal.code in INVALID_EXTENSION | NO_ISSUER and broken:
        what = several(extension.name for some in broken for extension in some.unread)
        whose = several(subject_of(some) for some in broken)
        return Finding(
            "unreadable-extension",
            f"In the certificate of {whose} clients cannot read: {what}. They refuse it.",
            "Ask the CA to issue this certificate again, and to correct its extensions.",
        )
    if refusal.code in NO_ISSUER and refusal.depth + 1 < len(path) and _names_another(one, path[refusal.depth + 1]):
        return Finding(
            "issuer-may-not-sign",
            f"{subject_of(one)} names another certificate of {issuer_of(one)} as its issuer than the one that is there "
            "(authority key identifier).",
            "Ask the CA for the certificate of its that this one names, and drop both together.",
        )
    return Finding(
        "refused-by-openssl",
        f"OpenSSL refuses the certificate of {subject_of(one)}, as most TLS clients then do: {printed(refusal.words)} "
        f"(error {refusal.code}).",
        "Ask the CA for a chain that TLS clients take.",
    )


def _names_another(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether a certificate says by issuer and serial number which certificate of its CA it means (§4.2.1.1)."""
    named = certificate.extension(x509.AuthorityKeyIdentifier)
    serial = named.authority_cert_serial_number if named else None
    return serial is not None and serial != issuer.serial_number


def _too_long(path: Sequence[Certificate]) -> Finding:
    """Which CA's path length it is (RFC 5280 §4.2.1.9): CAs that have issued to themselves do not count."""
    if passed := _passed(path, 0):
        issuer, allowed, below = passed
        return _may_not(issuer, f"allows {allowed} CAs below it, and there are {below}")
    return _may_not(path[-1], "allows fewer CAs below it than there are")


def _no_room(path: Sequence[Certificate]) -> Iterator[Finding]:
    """A CA's certificate is no step of its own path, yet is one for what it issues."""
    basic = path[0].extension(x509.BasicConstraints)
    if basic and basic.ca and not _passed(path, 0) and (passed := _passed(path, 1)):
        issuer, allowed, below = passed
        yield Finding(
            "path-length-reached",
            f"The CA {subject_of(issuer)} allows {allowed} CAs below it; with {subject_of(path[0])} there are {below}, "
            "and clients refuse what that issues.",
            "Have the CSR signed by a CA that allows another one below it.",
        )


def _passed(path: Sequence[Certificate], below: int) -> tuple[Certificate, int, int] | None:
    """The first CA whose path length is passed, the length, and how many CAs are below it, with so many at the end."""
    for issuer in path[1:]:
        basic = issuer.extension(x509.BasicConstraints)
        if basic and basic.path_length is not None and below > basic.path_length:
            return issuer, basic.path_length, below
        below += not issuer.self_issued
    return None


def _outside(path: Sequence[Certificate], refusal: Refusal) -> Finding:
    """Whose name constraints they are; of several, all are named, for which of them it was OpenSSL does not say."""
    limiting = [one for one in path[refusal.depth + 1 :] if _limits(one)]
    whose = several(subject_of(one) for one in limiting) or "above it"
    limits = several(limit for one in limiting for limit in _limits(one))
    names = [name for some in names_of(refusal.certificate).values() for name in sorted(some)]
    has = f", with the names {several(names)}" if names else ""
    return Finding(
        "issuer-may-not-sign",
        f"The CA {whose} may not issue the certificate of {subject_of(refusal.certificate)}{has}. Its name "
        f"constraints: {limits or 'they cannot be read'} (OpenSSL: {printed(refusal.words)}).",
        ANOTHER_CA_FOR_NAMES,
    )


def _limits(issuer: Certificate) -> list[str]:
    """The name constraints in words."""
    limits = issuer.extension(x509.NameConstraints)
    if limits is None:
        return ["a name constraint that cannot be read"] if any(one.oid == "2.5.29.30" for one in issuer.unread) else []
    permitted = [f"only {_base(one)}" for one in limits.permitted_subtrees or ()]
    return permitted + [f"not {_base(one)}" for one in limits.excluded_subtrees or ()]


def _base(name: x509.GeneralName) -> str:
    if isinstance(name, x509.OtherName):
        kind = name.type_id.dotted_string
        return f"{WORDS['upns'] if kind == UPN else f'other name {kind}'} {_text(name.value)}"
    value = name.value.rfc4514_string() if isinstance(name.value, x509.Name) else name.value
    return f"{KINDS.get(type(name), 'other name')} {value or '(all)'}"


def _text(value: bytes) -> str:
    """The text in an other name (DER), or its bytes in hex."""
    try:
        (item,) = items(value)
        return printed(item.content.decode())
    except ValueError:
        return value.hex()


def _may_not(issuer: Certificate, why: str, step: str = VALID_CHAIN) -> Finding:
    return Finding("issuer-may-not-sign", f"The CA {subject_of(issuer)} {why}.", step)


def _ends_before(chain: Chain, now: datetime) -> Iterator[Finding]:
    """A chain is valid until its first certificate ends; the leaf's renewal is reckoned by its own end alone."""
    first = min(chain.all(), key=lambda one: one.not_valid_after_utc)
    if now <= first.not_valid_after_utc < chain.leaf.not_valid_after_utc:
        yield Finding(
            "ca-ends-first",
            f"The CA {subject_of(first)} ends on {first.not_valid_after_utc:%Y-%m-%d}, before the certificate of "
            f"{subject_of(chain.leaf)} ({chain.leaf.not_valid_after_utc:%Y-%m-%d}); from then on clients refuse both.",
            "Ask the CA when it renews that certificate, and drop the new chain then.",
        )
