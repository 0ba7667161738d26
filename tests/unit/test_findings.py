"""Each finding has a file that causes it, and says what to do; nothing is said of what a CA's engineer finds fine."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.doctor import Patient, examine
from functions.issuance.chains import Chain, End
from functions.issuance.choices import Choices, Takes
from functions.issuance.diagnosis import Diagnosis
from functions.issuance.drop import handle_drop
from functions.issuance.errors import Refused
from functions.issuance.examine import inspect
from functions.issuance.findings import CHOICES, CODES, ChainProblem, Finding
from functions.issuance.issuing_cas import Kept
from functions.issuance.observed import observed
from functions.issuance.pending import Address, merge
from functions.issuance.reading import MAX_BYTES, read
from functions.issuance.report import report_of
from functions.issuance.requests import NOBODY, Operation, Status
from functions.issuance.start import Order, start
from functions.issuance.trust import trust_of
from functions.issuance.trusting import trust_for
from tests.certificates import (
    CLIENT,
    DAY,
    SERVER,
    Ca,
    Wish,
    as_read,
    csr_of,
    damaged,
    ec_key,
    ed_key,
    ip,
    pem,
    resigned,
    rsa_key,
)
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World, version_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
LONG = Wish(start=-400 * DAY, end=3650 * DAY)
ROOT = Ca.root("Test Root", LONG, at=fixed_now)
ROOT_SHA256 = as_read(ROOT.certificate)[0].sha256
ISSUING = ROOT.ca("Test Issuing CA", LONG)
RSA_ROOT = Ca.root("RSA Root", LONG, rsa_key(), at=fixed_now)
RSA_ISSUING = RSA_ROOT.ca("RSA Issuing CA", LONG, rsa_key())
STRANGER = Ca.root("Stranger", at=fixed_now)
HOST = "web.example.com"
KEY = ec_key()
CSR = csr_of(KEY, HOST, [HOST])
GOOD = Wish(names=[HOST])
CHAIN = pem(ISSUING.certificate)
# Key Vault's default policy (protocol §3).
DEFAULT: Mapping[str, Any] = MappingProxyType(
    {
        "x509_props": {
            "ekus": [SERVER.dotted_string, CLIENT.dotted_string],
            "key_usage": ["digitalSignature", "keyEncipherment"],
            "validity_months": 12,
        }
    }
)
# As every certificate of a public CA says of itself: CA/Browser Forum, domain validated.
PUBLIC = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)])
MAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
MAIL_CA = Ca.root("Mail CA", replace(LONG, more=[(x509.ExtendedKeyUsage([MAIL]), False)]), at=fixed_now)
LINE = re.compile(r"^\| `([a-z-]+)` \| (error|warning|note) \|", re.MULTILINE)

type Make = Callable[[World], bytes | Awaitable[bytes]]
type Look = Callable[[World, bytes], Awaitable[dict[str, Any]]]


def leaf(wish: Wish = GOOD, by: Ca = ISSUING, csr: bytes = CSR, **more: Any) -> bytes:
    return pem(by.signs(csr, wish, **more))


def signed(wish: Wish = GOOD, by: Ca = ISSUING, csr: bytes = CSR) -> bytes:
    """A leaf and its issuer."""
    return leaf(wish, by, csr) + pem(by.certificate)


def always(content: bytes) -> Make:
    return lambda _world: content


def world_with(csr: bytes = CSR, policy: Mapping[str, Any] | None = None, *trusted: Ca) -> World:
    """A pending request `web` with this CSR in vault main, which takes the certificates of these CAs."""
    world = World()
    world.vault.operations["web"] = Operation("0" * 32, Status.IN_PROGRESS, "Unknown", csr)
    if policy:
        world.vault.policies["web"] = policy
    world.trusted.given["main"] = {f"{one.subject.rfc4514_string()}.pem": pem(one.certificate) for one in trusted}
    return world


async def inspected(world: World, content: bytes) -> dict[str, Any]:
    return await inspect(world.certflow, content)


async def dropped(world: World, content: bytes) -> dict[str, Any]:
    world.drops.put("web.pem", content)
    report = await handle_drop(world.certflow, "web.pem")
    assert report is not None
    return report


async def at_a_terminal(_world: World, content: bytes) -> dict[str, Any]:
    trust = trust_of({"ca": pem(ROOT.certificate)}, "")
    examined = examine(Patient([("file", content)], None, None, trust), fixed_now())
    return report_of(examined.findings, examined.outcomes, would=True)


async def merged_over_http(world: World, content: bytes) -> dict[str, Any]:
    with pytest.raises(ChainProblem) as caught:
        await merge(world.certflow, Address("main", "web"), read(content).certificates, {}, NOBODY)
    return report_of(caught.value.findings, ())


@dataclass(frozen=True)
class Example:
    """A file that causes a finding, in a world; words of the sentence (or of the next step); what else is found."""

    code: str
    make: Make
    words: tuple[str, ...]
    also: frozenset[str] = frozenset()
    csr: bytes = CSR
    policy: Mapping[str, Any] | None = None
    trusted: tuple[Ca, ...] = (ROOT, RSA_ROOT)
    look: Look = inspected

    def __str__(self) -> str:
        return self.code


def zipped(**files: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in files.items():
            archive.writestr(name, member)
    return content.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The zip with the flag of an encrypted one set (APPNOTE 4.4.4), as `zipfile` makes none."""
    changed = bytearray(archive)
    changed[archive.index(b"PK\x03\x04") + 6] |= 1
    changed[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def many_of_one_name() -> bytes:
    """CAs of one name, each by the next, without key identifiers: any of them could have issued any other."""
    names = replace(LONG, key_ids=False)
    authorities = [Ca.root("One Name", names, at=fixed_now)]
    for _ in range(29):
        authorities.append(authorities[-1].ca("One Name", names))
    return pem(authorities[-1].signs(CSR, replace(GOOD, key_ids=False)), *(one.certificate for one in authorities))


def non_ca_signs() -> bytes:
    key = ec_key()
    server = ISSUING.signs(csr_of(key, "other.example.com"), Wish(names=["other.example.com"]))
    return pem(Ca(server, key, fixed_now).signs(CSR, GOOD), server, ISSUING.certificate)


def trusting_a_server_too(world: World) -> bytes:
    server = ISSUING.signs(csr_of(ec_key(), "other.example.com"))
    world.trusted.given["main"]["more.pem"] = pem(server, STRANGER.certificate)
    return signed()


async def unforeseen(world: World) -> bytes:
    """What nobody has thought of, while a chain is judged: a clock without a time zone."""
    await trust_for(world.certflow, "main")  # so that there is nothing new to tell of it
    world.now = world.now.replace(tzinfo=None)
    return signed()


def too_many_to_search(world: World) -> bytes:
    """A vault with more names than there is time for, none of which has the file's key."""
    somebodys = Operation("1" * 32, Status.IN_PROGRESS, "Unknown", csr_of(ec_key(), "somebody.example.com"))
    world.vault.operations = {f"web-{number}": somebodys for number in range(1001)}
    return signed()


def untrusting(world: World) -> bytes:
    """A vault that takes what its files say, and has none."""
    world.choices = Choices(trusted={"main": Takes.FILES})
    return signed() + pem(ROOT.certificate)


def signed_as_a_ca(by: Ca) -> bytes:
    return leaf(Wish(names=[HOST], usages={"key_cert_sign"}), by, ca=True) + pem(by.certificate)


def too_deep() -> bytes:
    top = ROOT.ca("Short CA", replace(LONG, path_length=0))
    below = top.ca("Deep CA", LONG)
    return signed(by=below) + pem(top.certificate)


def renewed_below() -> bytes:
    """Below a CA that allows none below it is another one, which allows none either, and has renewed itself."""
    upper = ROOT.ca("Upper CA", replace(LONG, path_length=0))
    lower = upper.ca("Lower CA", replace(LONG, path_length=0))
    newer = lower.ca("Lower CA", LONG)
    return signed(by=newer) + pem(lower.certificate, upper.certificate)


def renewed_for_all() -> bytes:
    """The trusted CA is for e-mail alone; another root has given it a certificate that is for everything."""
    return signed(by=ROOT.ca("Mail CA", LONG, MAIL_CA.key))


def limited(wish: Wish = GOOD, csr: bytes = CSR, **limits: Any) -> bytes:
    given = x509.NameConstraints(limits.get("permitted"), limits.get("excluded"))
    return signed(wish, ROOT.ca("Limited CA", replace(LONG, limits=given)), csr)


async def ended(world: World) -> bytes:
    await start(world.certflow, Order("main", "gone", {"policy": {"issuer": {"name": "Unknown"}}}))
    return signed(csr=world.vault.operations.pop("gone").csr, wish=Wish(names=["gone.example.com"]))


async def merged_before(world: World) -> bytes:
    """The leaf alone, in a vault where a whole chain of its CA was merged before."""
    await world.issuing_cas.keep("main", kept(ISSUING))
    return leaf()


def kept(ca: Ca) -> Kept:
    one = read(pem(ca.certificate)).certificates[0]
    return Kept(one.sha256, one.der, NOW)


def a_version(world: World) -> bytes:
    content = signed()
    world.vault.certificates["web"] = version_of(read(content).certificates[0].der, "v7")
    return content


def refusing(world: World) -> bytes:
    async def refuse(name: str, chain: Any, more: Any = None) -> Any:
        raise Refused(403, "Forbidden", "Merge is forbidden on pending object")

    world.vault.merge = refuse  # type: ignore[method-assign]  # an issuer works on it
    return signed()


def observing(world: World) -> bytes:
    world.vault = observed("main", world.vault)  # type: ignore[assignment]  # what stands before a vault on `observe`
    return signed()


def another_generation(*, key_ids: bool = True) -> bytes:
    """A leaf beside a CA that has its issuer's name and another key."""
    wish = replace(LONG, key_ids=key_ids)
    return pem(ISSUING.signs(CSR, replace(GOOD, key_ids=key_ids)), ROOT.ca("Test Issuing CA", wish).certificate)


def old_ca(**changes: Any) -> bytes:
    return signed(by=ROOT.ca("Old CA", replace(LONG, **changes)))


SECRET = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
LEAF = read(signed()).certificates[0]
SHORT_RSA = RSA_ROOT.ca("Short Key CA", LONG, rsa_key(1024))
SHORT_KEY = rsa_key(1024)
SHA1_ISSUING = Ca(resigned(RSA_ISSUING.certificate, RSA_ROOT, hashes.SHA1()), RSA_ISSUING.key, fixed_now)  # noqa: S303
URL = "http://pki.example.com/issuing.crt"
CSR_PEM = x509.load_der_x509_csr(CSR).public_bytes(Encoding.PEM)
TWO_NAMES = csr_of(KEY, HOST, [HOST, "www.example.com", ip("10.0.0.7")])
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
SUBJECT = f"CN={HOST}"

# A user principal name, UTF-8 (Microsoft's, in constraints of AD CS).
USER = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), b"\x0c\x0d@corp.example")
NO_NAME = frozenset({"no-alternative-name"})
OWN = Ca.root(HOST, GOOD, KEY, at=fixed_now)  # the CSR's own key
GONE = Wish(start=-4000 * DAY, end=-DAY)
OLD_ROOT = Ca.root("Old Root", GONE, at=fixed_now)
OF_OLD_ROOT = OLD_ROOT.ca("CA of an old root", LONG)
SHORT_ROOT = Ca.root("Short Root", replace(LONG, path_length=0), at=fixed_now)
BELOW_SHORT = SHORT_ROOT.ca("CA below it", LONG)
CROSS = OLD_ROOT.ca("Test Root", GONE, ROOT.key)  # as an old root has cross-signed a new one, long ago
# RFC 3820 §3.8: a policy language "inherit all", and no limit of length.
PROXY = ("1.3.6.1.5.5.7.1.14", "300c300a06082b06010505071501")


ANOTHER_SERIAL = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(ROOT.subject)], 7)


def odd(oid: str, value: str) -> x509.UnrecognizedExtension:
    """An extension with this value (DER, hex), whatever the OID's own would be."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value))


def with_more(extension: tuple[str, str], wish: Wish = GOOD) -> Wish:
    return replace(wish, more=[(odd(*extension), False)])


EXAMPLES: list[Example] = [
    # reading the file
    Example("empty-file", always(b" \r\n"), ("empty", "once more")),
    Example("too-large", always(b"x" * (MAX_BYTES + 1)), ("1,048,576",)),
    Example("too-large", always(zipped(a=b"\0" * (5 * 1024 * 1024))), ("The zip expands to more than 4,194,304",)),
    Example(
        "too-many-certificates",
        lambda _: pem(*(Ca.root(f"{n}", at=fixed_now).certificate for n in range(101))),
        ("100",),
    ),
    Example("unreadable-zip", always(encrypted(zipped(a=signed()))), ("is encrypted",)),
    Example("unreadable-zip", always(zipped(a=signed())[:-30]), ("is damaged",)),
    Example("contains-private-key", always(signed() + SECRET), ("private key", "counts as exposed")),
    Example("may-hold-private-key", always(b"7z\xbc\xaf\x27\x1c" + bytes(90)), ("a 7-Zip archive", "Unpack it")),
    Example("not-a-certificate", always(CSR_PEM), ("a certificate request (CSR)", "Send the CSR to the CA")),
    Example("not-a-certificate", always(b"%PDF-1.7\n%\xe2\xe3"), ("a PDF", "as a file (PEM, DER or .p7b)")),
    Example("not-a-certificate", always(pem(LEAF)[:200]), ("has no end",)),
    Example("unreadable-part", always(signed() + pem(STRANGER.certificate)[:200]), ("has no end", "the file again")),
    Example("part-ignored", always(signed() + CSR_PEM), ("a certificate request (CSR)",)),
    # whose it is
    Example("only-ca-certificates", always(pem(ISSUING.certificate, ROOT.certificate)), ("CN=Test Issuing CA",)),
    Example(
        "no-request-for-this-key",
        always(signed(csr=csr_of(ec_key(), HOST))),
        (SUBJECT, "newest CSR", "GET /api/csrs"),
    ),
    Example(
        "key-of-another-request",
        always(signed(csr=csr_of(ec_key(), HOST))),
        ("the request " + "0" * 32, "a key of its own"),
        look=merged_over_http,
    ),
    Example("request-ended", ended, ("gone in vault main", "2026-11-24 12:00 UTC: deleted", "Start a new request")),
    Example("already-merged", a_version, ("version v7 of web",)),
    # the chain
    Example(
        "missing-intermediate",
        always(leaf(Wish(names=[HOST], url=URL))),
        (
            "CN=Test Issuing CA",
            SUBJECT,
            URL,
            "key identifier "
            + x509.SubjectKeyIdentifier.from_public_key(ISSUING.key.public_key()).digest.hex(":").upper(),
            "is not trusted for this vault either",
            "trusted-cas/main/",
        ),
    ),
    Example("missing-intermediate", always(leaf()), ("CN=Test Issuing CA", "drop both together"), trusted=()),
    Example("missing-intermediate", always(signed()), ("CN=Test Root", "put it into"), trusted=(STRANGER,)),
    Example("missing-intermediate", lambda _: another_generation(), ("CN=Test Issuing CA", "has another key")),
    Example(
        "missing-intermediate",
        always(signed(by=ISSUING.ca("Deep CA", LONG)) + pem(ROOT.certificate)),
        ("CN=Test Issuing CA", "No root that is in the file issued it: CN=Test Root."),
        trusted=(),
    ),
    Example("chain-filled", merged_before, ("CN=Test Issuing CA", "last in vault main")),
    Example("bad-signature", lambda _: another_generation(key_ids=False), ("is damaged or is another one",)),
    Example("bad-signature", always(pem(damaged(LEAF.view)) + CHAIN), (SUBJECT, "CN=Test Issuing CA", "damaged")),
    Example("issuer-may-not-sign", lambda _: non_ca_signs(), ("CN=other.example.com", "not one of a CA")),
    Example("issuer-may-not-sign", lambda _: too_deep(), ("CN=Short CA allows 0 CAs below it, and there are 1",)),
    Example(
        "issuer-may-not-sign",
        # A CA's certificate by itself is no step of the way (RFC 5280 §4.2.1.9): it is the first one's length.
        lambda _: renewed_below(),
        ("CN=Upper CA allows 0 CAs below it, and there are 1",),
    ),
    Example(
        "issuer-may-not-sign",
        # That the CA is trusted, too, does not help those who know the root.
        always(signed(by=BELOW_SHORT)),
        ("CN=Short Root allows 0 CAs below it, and there are 1",),
        trusted=(SHORT_ROOT, BELOW_SHORT),
    ),
    Example(
        "issuer-may-not-sign",
        lambda _: limited(permitted=[x509.DNSName("corp.example")]),
        ("CN=Limited CA may not issue", "web.example.com", "only DNS name corp.example"),
    ),
    Example(
        "issuer-may-not-sign",
        lambda _: limited(excluded=[x509.DNSName("example.com")]),
        ("CN=Limited CA may not issue", "web.example.com", "not DNS name example.com"),
    ),
    Example(
        "issuer-may-not-sign",
        lambda _: limited(permitted=[x509.DNSName("corp.example"), USER]),
        ("only user principal name @corp.example",),
    ),
    Example(
        "issuer-may-not-sign",
        lambda _: limited(Wish(names=["*.example.com"]), excluded=[x509.DNSName(HOST)]),
        ("CN=Limited CA may not issue for *.example.com", "all of its names"),
        csr=csr_of(KEY, "*.example.com", ["*.example.com"]),
    ),
    Example(
        "issuer-may-not-sign",
        # OpenSSL takes the common name where there is no other name.
        lambda _: limited(Wish(names=()), csr_of(KEY, "*.example.com"), excluded=[x509.DNSName(HOST)]),
        ("CN=Limited CA may not issue for *.example.com", "all of its names"),
        also=NO_NAME,
        csr=csr_of(KEY, "*.example.com"),
    ),
    Example("too-entangled", lambda _: many_of_one_name(), ("CN=One Name", "its own chain alone")),
    Example(
        "untrusted-ca",
        always(signed() + pem(ROOT.certificate)),
        ("CN=Test Root", ROOT_SHA256, "trusted-cas/main/"),
        trusted=(STRANGER,),
    ),
    Example(
        "untrusted-ca",
        # Two CAs that have certified each other: nothing is missing, and neither is trusted.
        always(signed() + pem(ISSUING.ca("Test Root", LONG, ROOT.key).certificate)),
        ("CN=Test", "does not take"),
        trusted=(STRANGER,),
    ),
    Example("trusted-ca-ignored", trusting_a_server_too, ("more.pem", "CN=other.example.com is no CA", "Take out")),
    Example("search-unfinished", too_many_to_search, ("in 0 of 1 vaults", "main", "next survey")),
    Example("trust-missing", untrusting, ("vault main", "trusted-cas/main/", "by itself"), trusted=()),
    Example(
        "any-ca-accepted",
        always(signed() + pem(ROOT.certificate)),
        ("CN=Test Root", ROOT_SHA256, "trusted-cas/main/"),
        trusted=(),
    ),
    Example(
        "root-not-in-file",
        always(signed()),
        ("CN=Test Issuing CA", "CN=Test Root", "If it is no root"),
        also=frozenset({"any-ca-accepted"}),
        trusted=(),
    ),
    Example(
        "root-not-in-file",
        # CAs that have certified each other, and a root of others: nothing of the chain is missing.
        always(signed() + pem(ISSUING.ca("Test Root", LONG, ROOT.key).certificate, STRANGER.certificate)),
        ("If it is no root",),
        also=frozenset({"any-ca-accepted"}),
        trusted=(),
    ),
    Example("not-judged", unforeseen, ("TypeError", "chain-not-judged", "Send this file")),
    Example(
        "self-signed",
        # That it is trusted, too, makes no chain of it.
        always(leaf(by=OWN, ca=True)),
        (SUBJECT, "its own key"),
        also=NO_NAME | {"leaf-is-ca"},
        trusted=(OWN,),
    ),
    Example("self-signed", always(leaf(by=OWN)), (SUBJECT, "its own key", "signed by a CA"), also=NO_NAME),
    Example(
        "self-signed",
        # As `openssl req -x509` makes one: it says that it is a CA's.
        always(leaf(by=OWN, ca=True)),
        (SUBJECT, "its own key", "signed by a CA"),
        also=NO_NAME | {"leaf-is-ca"},
    ),
    Example(
        "refused-by-openssl",
        always(signed(with_more(PROXY, Wish(names=())))),
        (SUBJECT, "proxy certificates", "TLS clients"),
        also=NO_NAME,
        csr=csr_of(KEY, HOST),
    ),
    Example(
        "issuer-may-not-sign",
        always(signed(replace(GOOD, key_ids=False, more=[(ANOTHER_SERIAL, False)]))),
        (SUBJECT, "another certificate of CN=Test Issuing CA", "drop both together"),
    ),
    Example(
        "issuer-may-not-sign",
        always(signed(by=ROOT.ca("Mail CA", replace(LONG, more=[(x509.ExtendedKeyUsage([MAIL]), False)])))),
        ("CN=Mail CA", "emailProtection alone, not for serverAuth", "a CA that may issue for this"),
    ),
    Example(
        "issuer-may-not-sign",
        lambda _: renewed_for_all(),
        ("CN=Mail CA", "emailProtection alone, not for serverAuth"),
        trusted=(MAIL_CA,),
    ),
    Example(
        "expired-left-out",
        lambda _: signed() + pem(CROSS.certificate),
        ("CN=Test Root, issued by CN=Old Root, at 2026-11-23 12:00 UTC", "trust CN=Test Root itself", "as it is now"),
        also=frozenset({"any-ca-accepted"}),
        trusted=(),
    ),
    Example(
        "expired-left-out",
        # What has expired is the root of the CA that is trusted, and which clients are to trust is that CA.
        always(signed(by=OF_OLD_ROOT) + pem(OLD_ROOT.certificate)),
        ("CN=Old Root, issued by CN=Old Root", "Clients that trust CN=CA of an old root itself"),
        trusted=(OF_OLD_ROOT,),
    ),
    Example("root-left-out", always(signed() + pem(ROOT.certificate)), ("CN=Test Root",)),
    Example("duplicate-dropped", always(signed() + CHAIN), ("CN=Test Issuing CA",)),
    Example("stranger-dropped", always(signed() + pem(STRANGER.certificate)), ("CN=Stranger.",)),
    Example(
        "stranger-dropped",
        always(signed() + pem(CROSS.certificate)),
        ("CN=Test Root (another certificate, by CN=Old Root)",),
    ),
    # the checks
    Example(
        "unreadable-extension",
        always(signed(Wish(names=(), more=[(odd("2.5.29.17", "3003820561"), False)]))),
        (SUBJECT, "subject alternative name", "issue the certificate again"),
        also=NO_NAME | {"name-missing"},
    ),
    Example(
        "unreadable-extension",
        always(signed(by=ROOT.ca("Odd CA", with_more(("2.5.29.37", "3000"), LONG)))),
        ("CN=Odd CA", "extended key usage", "issue the certificate again"),
    ),
    Example("extension-ignored", always(signed(with_more(("1.3.6.1.5.5.7.1.1", "300101")))), (SUBJECT, "access")),
    Example(
        "unknown-critical-extension",
        always(signed(Wish(names=[HOST], more=[(odd("1.2.3.4.5", "0500"), True)]))),
        (SUBJECT, "1.2.3.4.5", "not critical"),
    ),
    Example(
        "unknown-critical-extension",
        always(signed(by=ROOT.ca("Odd CA", replace(LONG, more=[(odd("1.2.3.4.5", "0500"), True)])))),
        ("CN=Odd CA", "1.2.3.4.5", "a valid chain"),
    ),
    Example(
        "precertificate",
        always(signed(Wish(names=[HOST], more=[(x509.PrecertPoison(), True)]))),
        (SUBJECT, "Certificate Transparency", "the same serial number"),
    ),
    Example(
        "expired",
        always(signed(Wish(names=[HOST], start=-90 * DAY, end=-DAY))),
        (SUBJECT, "2026-11-23 12:00 UTC", "sign the CSR again"),
    ),
    Example(
        "expired",
        always(signed(by=OF_OLD_ROOT) + pem(OLD_ROOT.certificate)),
        ("CN=Old Root expired", "as it is now"),
        also=frozenset({"any-ca-accepted"}),
        trusted=(),
    ),
    Example(
        "expired",
        # The cross-certificate is valid, so it is not what has expired and can be left out.
        always(signed() + pem(OLD_ROOT.ca("Test Root", LONG, ROOT.key).certificate, OLD_ROOT.certificate)),
        ("CN=Old Root expired",),
        also=frozenset({"any-ca-accepted"}),
        trusted=(),
    ),
    Example(
        "expired",
        # A certificate of the root by its own subordinate is no way around the root's own.
        always(signed(by=OF_OLD_ROOT) + pem(OF_OLD_ROOT.ca("Old Root", LONG, OLD_ROOT.key).certificate)),
        ("CN=Old Root expired",),
        trusted=(OLD_ROOT,),
    ),
    Example("expired", lambda _: old_ca(end=-DAY), ("CN=Old CA expired at 2026-11-23 12:00 UTC", "as it is now")),
    Example(
        "not-yet-valid",
        always(signed(Wish(names=[HOST], start=DAY))),
        (SUBJECT, "before 2026-11-25 12:00 UTC", "Drop it again then"),
    ),
    Example(
        "leaf-is-no-ca",
        always(signed(Wish(usages={"key_cert_sign"}))),
        (SUBJECT, "keyCertSign", "subordinate CA"),
        csr=csr_of(KEY, HOST, [HOST], usages={"key_cert_sign"}),
    ),
    Example(
        "path-length-reached",
        always(signed_as_a_ca(ROOT.ca("Short CA", replace(LONG, path_length=0)))),
        (f"CN=Short CA allows 0 CAs below it; with {SUBJECT} there are 1", "another one below it"),
        csr=csr_of(KEY, HOST, [HOST], usages={"key_cert_sign"}),
    ),
    Example(
        "ca-ends-first",
        lambda _: old_ca(end=30 * DAY),
        ("CN=Old CA ends on 2026-12-24", f"{SUBJECT} (2027-02-21)", "drop the new chain"),
    ),
    Example("leaf-is-ca", always(leaf(GOOD, ca=True) + CHAIN), (SUBJECT, "key usage keyCertSign")),
    Example(
        "weak-signature",
        always(pem(resigned(RSA_ISSUING.signs(CSR, GOOD), RSA_ISSUING, hashes.SHA1()), RSA_ISSUING.certificate)),  # noqa: S303
        (SUBJECT, "SHA-1", "SHA-256 or better"),
    ),
    Example(
        "weak-signature",
        always(pem(resigned(RSA_ISSUING.signs(CSR, GOOD), RSA_ISSUING, hashes.MD5()), RSA_ISSUING.certificate)),  # noqa: S303
        (SUBJECT, "MD5", "SHA-256 or better"),
    ),
    Example(
        "weak-signature",
        always(signed(by=SHA1_ISSUING)),
        ("CN=RSA Issuing CA", "SHA-1", "newer chain"),
    ),
    Example("weak-key", always(signed(by=SHORT_RSA)), ("CN=Short Key CA", "1024 bits", "2,048", "longer keys")),
    Example(
        "weak-key",
        always(signed(by=ISSUING, csr=csr_of(SHORT_KEY, HOST, [HOST]))),
        (SUBJECT, "1024 bits", "a longer key (key_props.key_size)"),
        csr=csr_of(SHORT_KEY, HOST, [HOST]),
    ),
    Example(
        "name-missing",
        # An alternative name was asked for, so the common name does not count.
        always(signed(Wish(names=()))),
        (f"DNS name {HOST}", "as subject alternative names"),
        also=NO_NAME,
    ),
    Example(
        "name-missing",
        always(signed(Wish(names=[HOST, ip("10.0.0.7")]))),
        (SUBJECT, "DNS name www.example.com", "all of its names"),
        csr=TWO_NAMES,
    ),
    Example(
        "name-missing",
        always(signed(Wish(names=[HOST, "www.example.com", ip("10.0.0.8")]))),
        ("IP address 10.0.0.7",),
        also=frozenset({"name-added"}),
        csr=TWO_NAMES,
    ),
    Example(
        "name-missing",
        always(signed(Wish(names=["*.com"]))),
        ("DNS name example.com", "all of its names"),
        also=frozenset({"name-added"}),
        csr=csr_of(KEY, "example.com", ["example.com"]),
    ),
    Example(
        "name-by-wildcard",
        always(signed(Wish(names=["*.example.com"]))),
        (SUBJECT, f"DNS name {HOST} by a wildcard", "all of its names"),
        also=frozenset({"name-added"}),
    ),
    Example("name-added", always(signed(Wish(names=[HOST, "www.example.com"]))), ("DNS name www.example.com", "again")),
    Example(
        "no-alternative-name",
        always(signed(Wish(names=()))),
        (SUBJECT, "as a subject alternative name"),
        csr=csr_of(KEY, HOST),
    ),
    Example(
        "usage-unfit",
        always(signed(Wish(names=[HOST], ekus=[CLIENT]))),
        (SUBJECT, "extended key usage serverAuth", "sign the CSR again"),
        policy=DEFAULT,
    ),
    Example(
        "usage-unfit",
        always(signed(Wish(names=[HOST], usages={"key_agreement"}))),
        (
            SUBJECT,
            "key usage digitalSignature",
        ),
        policy=DEFAULT,
    ),
    Example(
        "usage-unfit",
        always(signed(Wish(names=[HOST], usages={"crl_sign"}))),
        (SUBJECT, "key usage is cRLSign", "digitalSignature"),
    ),
    Example(
        "usage-unfit",
        always(signed(Wish(names=[HOST], ekus=[SERVER]))),
        ("extended key usage codeSigning", "whose policy asks for"),
        csr=csr_of(KEY, HOST, [HOST], ekus=[CODE_SIGNING]),
    ),
    Example(
        "usage-unfit",
        always(leaf(Wish(usages={"crl_sign"}), ca=True) + CHAIN),
        (SUBJECT, "key usage keyCertSign", "sign the CSR again"),
        csr=csr_of(KEY, HOST, [HOST], usages={"key_cert_sign", "crl_sign"}),
    ),
    Example(
        "usage-narrower",
        # A server's policy with all usages that there are: a server's certificate is what was meant.
        always(signed()),
        (SUBJECT, "key usage keyCertSign", "If that is needed: ask the CA"),
        csr=csr_of(KEY, HOST, [HOST], usages={"digital_signature", "key_cert_sign"}, ekus=[SERVER]),
    ),
    Example(
        "usage-narrower",
        always(signed(Wish(names=[HOST], ekus=[SERVER]))),
        (SUBJECT, "extended key usage clientAuth", "If that is needed: ask the CA"),
        policy=DEFAULT,
    ),
    Example(
        "client-auth-not-granted",
        always(signed(Wish(names=[HOST], ekus=[SERVER], more=[(PUBLIC, False)]))),
        (SUBJECT, "client authentication"),
        policy=DEFAULT,
    ),
    Example(
        "usage-narrower",  # and one that says so of itself lacks more than that
        always(signed(Wish(names=[HOST], ekus=[SERVER], more=[(PUBLIC, False)]))),
        (SUBJECT, "extended key usage clientAuth; emailProtection"),
        csr=csr_of(KEY, HOST, [HOST], ekus=[SERVER, CLIENT, MAIL]),
    ),
    Example(
        "lifetime-longer",
        always(signed(Wish(names=[HOST], start=-DAY, end=400 * DAY))),
        (SUBJECT, "401 days", "12 months", "a shorter one"),
        policy=DEFAULT,
    ),
    Example(
        "usage-unfit",
        always(signed(Wish(names=[HOST], ekus=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]))),
        ("extended key usage serverAuth",),
        policy=DEFAULT,
    ),
    # at a terminal
    Example("not-compared", always(signed()), ("compared with nothing", "--csr"), look=at_a_terminal),
    # the merge
    Example("refused-by-key-vault", refusing, ("Forbidden: Merge is forbidden", "cancel it first"), look=dropped),
    Example("vault-observed", observing, ("'main'", "CERTFLOW_VAULTS", "take ':observe' out"), look=dropped),
]


@pytest.mark.parametrize("one", EXAMPLES, ids=str)
async def test_each_code_is_found_in_the_file_that_causes_it_and_says_what_to_do(one: Example) -> None:
    world = world_with(one.csr, one.policy, *one.trusted)
    made = one.make(world)
    report = await one.look(world, made if isinstance(made, bytes) else await made)
    found = [finding for finding in report["findings"] if finding["code"] == one.code]
    assert found, report
    grave = {finding["code"] for finding in report["findings"] if finding["severity"] != "note"}
    assert grave - one.also == ({one.code} if CODES[one.code][0] != "note" else set())
    assert {finding["severity"] for finding in found} == {CODES[one.code][0]}
    for word in one.words:
        assert any(word in f"{finding['sentence']} {finding['next_step']}" for finding in found), word
    if CODES[one.code][0] != "note":
        assert all(is_instruction(finding["next_step"]) for finding in found)
    rejected = report["outcome"] in {"would-reject", "would-wait", "would-quarantine", "rejected"}
    assert rejected == ("error" in {finding["severity"] for finding in report["findings"]})
    assert rejected == ("next_step" in report)


@pytest.mark.parametrize("one", [one for one in EXAMPLES if CODES[one.code][0] == "warning"], ids=str)
async def test_once_a_chain_is_merged_each_warning_names_a_step_that_can_still_be_taken(one: Example) -> None:
    world = world_with(one.csr, one.policy, *one.trusted)
    made = one.make(world)
    report = await dropped(world, made if isinstance(made, bytes) else await made)
    assert report["outcome"] == "merged"
    steps = [finding["next_step"] for finding in report["findings"] if finding["code"] == one.code]
    assert steps
    for step in (*steps, *world.topic.published[-2].data.get("warnings", ())):
        assert not re.search(r"sign the CSR again|signed again|and drop that|drop it|drop the new chain", step), step


def is_instruction(next_step: str) -> bool:
    """Sentences that begin with what to do, or with when to do it."""
    return bool(
        re.match(r"(Ask|Drop|Get|Put|Send|Unpack|Check|Have|Start|Take|To take|If |That key)\b.+\.$", next_step)
    )


def test_every_code_has_such_a_file() -> None:
    assert {one.code for one in EXAMPLES} == CODES.keys()


def test_the_page_of_findings_lists_these_codes_with_their_severities_in_this_order() -> None:
    assert LINE.findall(DOCS.read_text()) == [(code, severity) for code, (severity, _) in CODES.items()]


def test_the_docs_name_the_warnings_that_can_keep_a_chain_back() -> None:
    assert {CODES[code][0] for code in CHOICES} == {"warning"}
    sentence = DOCS.read_text().partition("CERTFLOW_REFUSED_WARNINGS")[2].partition("*note*")[0]
    assert set(re.findall("`([a-z-]+)`", sentence)) == CHOICES


ROOT_BY_SHA1 = Ca(resigned(RSA_ROOT.certificate, RSA_ROOT, hashes.SHA1()), RSA_ROOT.key, fixed_now)  # noqa: S303
RSA_CHAIN = signed(by=RSA_ISSUING)
OLD_GENERATION = Ca.root("Test Root", GONE, ROOT.key, at=fixed_now)
ED = Ca.root("Ed Root", LONG, ed_key(), at=fixed_now)
MINUTE = timedelta(minutes=1)
ANY_USAGE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
OTHER_KEY = ec_key()
OTHER_CSR = csr_of(OTHER_KEY, "other.example.com")
OTHER_OWN = Ca.root("other.example.com", GOOD, OTHER_KEY, at=fixed_now)
P_224 = ec.generate_private_key(ec.SECP224R1())
IDN = "xn--mller-kva.example"
ALL_KINDS: list[str | x509.GeneralName] = [
    HOST,
    ip("10.0.0.7"),
    ip("2001:db8::7"),
    x509.UniformResourceIdentifier("https://a.example/"),
]
RSA_CSR = csr_of(rsa_key(), HOST, [HOST])


@dataclass(frozen=True)
class Fine:
    """A file that is merged with nothing more to say than `notes`."""

    name: str
    content: bytes
    csr: bytes = CSR
    policy: Mapping[str, Any] | None = DEFAULT
    trusted: tuple[Ca, ...] = (ROOT, RSA_ROOT)
    notes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name


FINE = [
    Fine("an elliptic key needs no keyEncipherment", signed()),
    Fine("an RSA key with all that Key Vault's default policy asks", signed(csr=RSA_CSR), csr=RSA_CSR),
    Fine("no extension restricts the use", signed(Wish(names=[HOST], usages=(), ekus=()))),
    Fine("names differ in case", signed(), csr=csr_of(KEY, HOST, ["WEB.Example.COM"])),
    Fine("and the other way round", signed(Wish(names=["WEB.Example.COM"]))),
    Fine("a wildcard", signed(Wish(names=["*.example.com"])), csr=csr_of(KEY, "*.example.com", ["*.example.com"])),
    Fine("an internationalised name", signed(Wish(names=[IDN])), csr=csr_of(KEY, IDN, [IDN])),
    Fine("the CSR has a common name alone", signed(), csr=csr_of(KEY, HOST)),
    Fine("names of several kinds", signed(Wish(names=ALL_KINDS)), csr=csr_of(KEY, HOST, ALL_KINDS)),
    Fine("a clock that is four minutes slow", signed(Wish(names=[HOST], start=4 * MINUTE))),
    Fine("a clock that is four minutes fast", signed(Wish(names=[HOST], end=-4 * MINUTE))),
    Fine("twelve months and a day", signed(Wish(names=[HOST], start=timedelta(0), end=366 * DAY))),
    Fine("an Ed25519 CA", signed(by=ED.ca("Ed Issuing CA", key=ed_key())), trusted=(ED,)),
    Fine(
        "names within a CA's constraints",
        limited(permitted=[x509.DNSName("example.com"), x509.IPAddress(ip_network("10.0.0.0/8"))]),
    ),
    Fine(
        "a CA with decipherOnly among its key usages, and no keyAgreement",
        signed(by=ROOT.ca("Odd CA", replace(LONG, more=[(odd("2.5.29.15", "0303070680"), True)]))),
    ),
    Fine(
        "a CA with room for it",
        signed_as_a_ca(ROOT.ca("Short CA", replace(LONG, path_length=1))),
        csr=csr_of(KEY, HOST, [HOST], usages={"key_cert_sign"}),
    ),
    Fine("a path as long as allowed", signed(by=ROOT.ca("Short CA", replace(LONG, path_length=0)))),
    Fine(
        "the old intermediate beside its renewal",
        signed() + pem(ROOT.ca("Test Issuing CA", GONE, ISSUING.key).certificate),
        notes=frozenset({"stranger-dropped"}),
    ),
    Fine(
        "a newer certificate that the key has signed itself",
        signed(Wish(names=[HOST], start=-2 * DAY)) + leaf(by=OWN),
        notes=frozenset({"stranger-dropped"}),
    ),
    Fine(
        "an expired cross-signed root beside a good path",
        signed() + pem(CROSS.certificate, OLD_ROOT.certificate, ROOT.certificate),
        notes=frozenset({"root-left-out", "stranger-dropped"}),
    ),
    Fine(
        "an expired cross-signed root, both roots trusted",
        signed() + pem(CROSS.certificate, OLD_ROOT.certificate),
        trusted=(OLD_ROOT, ROOT),
        notes=frozenset({"stranger-dropped"}),
    ),
    Fine(
        "an expired cross-signed root alone, nothing trusted: that it is left out is said",
        signed() + pem(CROSS.certificate),
        trusted=(),
        notes=frozenset({"any-ca-accepted", "root-not-in-file", "expired-left-out"}),
    ),
    Fine(
        "the old generation of a trusted root is in the file",
        signed() + pem(OLD_GENERATION.certificate),
        notes=frozenset({"stranger-dropped"}),
    ),
    Fine(
        "two generations of a root are trusted, the old one first",
        signed(),
        trusted=(OLD_GENERATION, ROOT),
    ),
    Fine(
        "a root that signed itself with SHA-1",
        RSA_CHAIN + pem(ROOT_BY_SHA1.certificate),
        trusted=(ROOT_BY_SHA1,),
        policy=None,
        notes=frozenset({"root-left-out"}),
    ),
    Fine(
        "a root that signed itself with SHA-1, nothing trusted",
        RSA_CHAIN + pem(ROOT_BY_SHA1.certificate),
        trusted=(),
        policy=None,
        notes=frozenset({"root-left-out", "any-ca-accepted"}),
    ),
    Fine(
        "a trusted root that signed itself with SHA-1, and is not in the file",
        RSA_CHAIN,
        trusted=(ROOT_BY_SHA1,),
        policy=None,
    ),
    Fine(
        "the CA puts the common name among the alternative names, as it has to",
        signed(Wish(names=[HOST, "www.example.com"])),
        csr=csr_of(KEY, HOST, ["www.example.com"]),
    ),
    Fine(
        "a common name without a dot",
        signed(Wish(names=["intranet"])),
        csr=csr_of(KEY, "intranet"),
    ),
    Fine(
        "a common name that is an IP address",
        signed(Wish(names=[ip("10.0.0.7")])),
        csr=csr_of(KEY, "10.0.0.7"),
    ),
    Fine(
        "of two certificates that are set for a CA, one is for servers",
        renewed_for_all(),
        trusted=(MAIL_CA, Ca.root("Mail CA", LONG, MAIL_CA.key, at=fixed_now)),
    ),
    Fine(
        "a CA that is set as one for e-mail, below a root that is set, too, and lets it issue for all",
        renewed_for_all(),
        trusted=(MAIL_CA, ROOT),
    ),
    Fine(
        "a certificate that some other server has signed itself, beside a chain without its root",
        signed() + leaf(Wish(names=["other.example.com"]), OTHER_OWN, OTHER_CSR),
        trusted=(),
        notes=frozenset({"any-ca-accepted", "root-not-in-file", "stranger-dropped"}),
    ),
    Fine("a common name in capitals", signed(), csr=csr_of(KEY, HOST.upper())),
    Fine(
        "code signing below a CA for any usage",
        signed(Wish(names=(), ekus=[CODE_SIGNING]), ROOT.ca("Any CA", replace(LONG, more=[(ANY_USAGE, False)]))),
        csr=csr_of(KEY, HOST, ekus=[CODE_SIGNING]),
    ),
    Fine(
        "an expired cross-certificate beside a root of others, nothing trusted",
        signed() + pem(CROSS.certificate, STRANGER.certificate),
        trusted=(),
        notes=frozenset({"any-ca-accepted", "root-not-in-file", "expired-left-out", "stranger-dropped"}),
    ),
    Fine(
        "a host of one letter beside one that is excluded",
        limited(Wish(names=["a.example.com"]), excluded=[x509.DNSName("secret.example.com")]),
        csr=csr_of(KEY, "a.example.com", ["a.example.com"]),
    ),
    Fine("a CA with the shortest key that is taken", signed(by=ROOT.ca("P-224 CA", LONG, P_224))),
    Fine(
        "an IP address that was asked for as a DNS name",
        signed(Wish(names=[HOST, ip("10.0.0.7")])),
        csr=csr_of(KEY, HOST, [HOST, "10.0.0.7"]),
    ),
    Fine(
        "a common name in letters that DNS has not",
        signed(Wish(names=[IDN])),
        csr=csr_of(KEY, "müller.example"),
    ),
]


@pytest.mark.parametrize("one", FINE, ids=str)
async def test_nothing_is_said_against_what_an_engineer_of_a_ca_finds_fine(one: Fine) -> None:
    world = world_with(one.csr, one.policy)
    world.trusted.given["main"] = {f"{index}.pem": pem(ca.certificate) for index, ca in enumerate(one.trusted)}
    report = await inspected(world, one.content)
    assert {finding["code"] for finding in report["findings"]} == one.notes
    assert report["outcome"] == "would-merge"


@pytest.mark.parametrize("trusted", [(), (ROOT,), (STRANGER,)], ids=["nothing trusted", "its root", "another root"])
async def test_an_expired_intermediate_is_said_to_have_expired_also_without_its_root(trusted: tuple[Ca, ...]) -> None:
    report = await inspected(world_with(CSR, None, *trusted), old_ca(end=-DAY))
    assert "expired" in [one["code"] for one in report["findings"]]
    assert "issuer-may-not-sign" not in [one["code"] for one in report["findings"]]


def test_a_warning_that_keeps_a_chain_back_is_the_first_to_be_said() -> None:
    chain = Chain((LEAF,), None, End.OPEN)
    judged = Diagnosis(
        chain, (Finding("name-added", "a"), Finding("lifetime-longer", "b"), Finding("part-ignored", "c"))
    )
    refused = judged.refusing({"lifetime-longer"})
    assert [(one.code, one.severity) for one in refused.findings] == [
        ("lifetime-longer", "error"),
        ("name-added", "warning"),
        ("part-ignored", "note"),
    ]
    assert [one.code for one in refused.errors] == ["lifetime-longer"]
