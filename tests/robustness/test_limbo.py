"""x509-limbo's cases for servers: what the doctor decides, and why it decides otherwise where it does."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping

import pytest

from functions.chains.validation.expected import RequestedAttributes
from functions.x509.certificate import Certificate
from testkit.skips import skip_loudly
from tests.robustness import limbo
from tests.robustness.oracles import OPENSSL, Verdict, asked_for, doctor, openssl

# A serial number of zero makes `cryptography` warn, as it does in production: once a process, to stderr.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
KINDS = {"DNS": "dns_names", "IP": "ipAddresses", "RFC822": "emails"}

# Bad by limbo's reading, and taken by the doctor. All are taken by `openssl verify` as well, which a test below holds,
# but for those of CLOCKS.
CLOCKS = {
    "rfc5280::validity::expired-1-second",
    "rfc5280::validity::expired-5-seconds",
    "rfc5280::validity::notbefore-fractional",
    "rfc5280::validity::not-yet-valid-1-second",
    "rfc5280::validity::not-yet-valid-5-seconds",
}
TAKEN: Mapping[str, set[str]] = {
    "a revocation list decides it: what a CA revokes after issuing is not asked when it is merged": {
        "crl::crlnumber-critical",
        "crl::crlnumber-missing",
        "crl::issuer-missing-crlsign",
        "crl::revoked-certificate-with-crl",
    },
    "a limit that a client has set itself, and nothing of the chain's": {
        "pathlen::max-chain-depth-0-exhausted",
        "pathlen::max-chain-depth-1-exhausted",
    },
    "five minutes are granted to clocks that differ: a CA dates a certificate to the second of issuing it": CLOCKS,
    "RFC 5280 §4.2.1.1 and §4.2.1.2 ask it of CAs, for building paths alone: names and signatures decide": {
        "rfc5280::aki::cross-signed-root-missing-aki",
        "rfc5280::aki::intermediate-missing-aki",
        "rfc5280::aki::leaf-missing-aki",
        "rfc5280::ski::intermediate-missing-ski",
        "rfc5280::ski::root-missing-ski",
        "webpki::aki::root-with-aki-all-fields",
        "webpki::aki::root-with-aki-authoritycertissuer",
        "webpki::aki::root-with-aki-authoritycertserialnumber",
        "webpki::aki::root-with-aki-missing-keyidentifier",
        "webpki::aki::root-with-aki-ski-mismatch",
    },
    "RFC 5280 asks CAs to mark it critical (or not to): what it says counts all the same": {
        "rfc5280::nc::permitted-dns-match-noncritical",  # webpki::nc::permitted-dns-match-noncritical is good
        "rfc5280::pc::ica-noncritical-pc",
        "rfc5280::root-non-critical-basic-constraints",
        "rfc5280::san::noncritical-with-empty-subject",
        "webpki::eku::ee-critical-eku",
        "webpki::san::san-critical-with-nonempty-subject",
    },
    "RFC 5280 §4.1.2.2 asks it of CAs: the serial number names a certificate in revocation lists": {
        "rfc5280::serial::too-long",
        "rfc5280::serial::zero",
    },
    "means nothing where it stands: a leaf that is no CA signs no certificates": {
        "rfc5280::leaf-ku-keycertsign",
        "rfc5280::nc::not-allowed-in-ee-critical",
        "rfc5280::nc::not-allowed-in-ee-noncritical",
    },
    "RFC 5280 §4.1.2.6 asks CAs for a subject; names chain all the same, and the root is one that the vault trusts": {
        "rfc5280::ca-empty-subject",
    },
    "a leading dot means subdomains alone with OpenSSL, NSS and Go; corporate CAs write it": {
        "rfc5280::nc::invalid-dnsname-leading-period",
    },
    "a name more that no client can call by (.example.com); the one asked for is there, the other is told of": {
        "rfc5280::nc::nc-permits-invalid-dns-san",
    },
    "hosts with an underscore have certificates (RFC 5280 §4.2.1.6 forbids them, DNS does not)": {
        "rfc5280::san::underscore-dns",
    },
    "the common name counts for nobody where there are alternative names (RFC 9525 §2), and those are right": {
        "webpki::cn::case-mismatch",
        "webpki::cn::ipv4-hex-mismatch",
        "webpki::cn::ipv4-leading-zeros-mismatch",
        "webpki::cn::ipv6-non-rfc5952-mismatch",
        "webpki::cn::ipv6-uncompressed-mismatch",
        "webpki::cn::ipv6-uppercase-mismatch",
        "webpki::cn::not-in-san",
        "webpki::cn::punycode-not-in-san",
        "webpki::cn::utf8-vs-punycode-mismatch",
    },
    "a rule of the CA/Browser Forum for public CAs; a corporate CA is none, and clients do not look": {
        "webpki::eku::ee-without-eku",  # rfc5280::eku::ee-without-eku is good
        "webpki::eku::ee-anyeku",  # beside serverAuth
        "webpki::eku::root-has-eku",
        "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences",
        "webpki::nc::intermediate-permitted-excluded-subtrees-both-null",
        "webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf",
        "webpki::forbidden-rsa-not-divisible-by-8-in-root",
        "webpki::san::public-suffix-multi-label-wildcard-san",
        "webpki::san::public-suffix-private-namespace-wildcard-san",
    },
    "Key Vault makes no DSA keys: no request has the key of such a leaf, and its file is refused before": {
        "webpki::forbidden-dsa-leaf",
    },
    "an address for fetching issuers, which servers and most clients do not fetch; it is not critical": {
        "webpki::malformed-aia",
    },
}
# Good by limbo's reading, and refused by the doctor.
REFUSED: Mapping[str, set[str]] = {
    "a CA's certificate for a server: whoever has the server's key could issue certificates": {
        "pathlen::validation-ignores-pathlen-in-leaf",
        "rfc5280::ca-as-leaf",
    },
}


@functools.cache
def cases() -> Mapping[str, limbo.Case]:
    return {case.id: case for case in limbo.cases()} if limbo.FILE.exists() else {}


@pytest.fixture(scope="module", autouse=True)
def _corpus(request: pytest.FixtureRequest) -> None:
    if not cases():
        skip_loudly(request, f"no x509-limbo at {limbo.FILE}: NOTHING was compared with it")


def listed(*tables: Mapping[str, set[str]]) -> Iterator[str]:
    return (one for table in tables for some in table.values() for one in some)


def judged(case: limbo.Case) -> Verdict:
    def asked(leaf: Certificate) -> RequestedAttributes:
        return asked_for(leaf, {KINDS[case.name[0]]: {case.name[1]}} if case.name else {})

    return doctor(case.leaf, case.intermediates, case.trusted, asked, case.time)


def test_the_doctor_agrees_with_limbo_or_the_table_says_why_not() -> None:
    assert len(cases()) > 190
    verdicts = {name: judged(case) for name, case in cases().items()}
    taken = {name for name, case in cases().items() if verdicts[name].taken and not case.good}
    refused = {name for name, case in cases().items() if case.good and not verdicts[name].taken}
    assert taken == set(listed(TAKEN))
    assert refused == set(listed(REFUSED)), [verdicts[name] for name in refused]


def test_no_case_stands_under_two_reasons() -> None:
    names = [*listed(TAKEN, REFUSED)]
    assert len(names) == len(set(names))


@pytest.mark.skipif(OPENSSL is None, reason="SKIPPED: there is no openssl on this machine")
def test_what_the_doctor_takes_against_limbo_openssl_takes_too() -> None:
    wrong = {
        name: verdict.said for name in set(listed(TAKEN)) - CLOCKS if not (verdict := verified(cases()[name])).taken
    }
    assert wrong == {}


def verified(case: limbo.Case) -> Verdict:
    """Partial: to OpenSSL a root whose authority key identifier names another key is not self-signed."""
    name = case.name[1] if case.name else None
    return openssl(case.leaf, case.intermediates, case.trusted, name, case.time, partial=True)
