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
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.issuance.describe import sha256_of
from functions.issuance.drop import handle_drop
from functions.issuance.errors import Refused
from functions.issuance.examine import inspect
from functions.issuance.findings import CODES, ChainProblem
from functions.issuance.observed import observed
from functions.issuance.pending import Address, merge
from functions.issuance.reading import MAX_BYTES, read
from functions.issuance.report import report_of
from functions.issuance.requests import NOBODY, Operation, Status
from functions.issuance.start import Order, start
from tests.certificates import (
    CLIENT,
    DAY,
    SERVER,
    Ca,
    Wish,
    csr_of,
    damaged,
    ec_key,
    ed_key,
    ip,
    pem,
    resigned,
    rsa_key,
)
from tests.clock import fixed_now
from tests.unit.fakes import World, version_of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
LONG = Wish(start=-400 * DAY, end=3650 * DAY)
ROOT = Ca.root("Test Root", LONG, at=fixed_now)
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


def too_deep() -> bytes:
    top = ROOT.ca("Short CA", replace(LONG, path_length=0))
    below = top.ca("Deep CA", LONG)
    return signed(by=below) + pem(top.certificate)


def limited(**limits: Any) -> bytes:
    given = x509.NameConstraints(limits.get("permitted"), limits.get("excluded"))
    return signed(by=ROOT.ca("Limited CA", replace(LONG, limits=given)))


async def ended(world: World) -> bytes:
    await start(world.certflow, Order("main", "gone", {"policy": {"issuer": {"name": "Unknown"}}}))
    return signed(csr=world.vault.operations.pop("gone").csr, wish=Wish(names=["gone.example.com"]))


def a_version(world: World) -> bytes:
    content = signed()
    world.vault.certificates["web"] = version_of(read(content).certificates[0].public_bytes(Encoding.DER), "v7")
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
SHA1_ISSUING = Ca(resigned(RSA_ISSUING.certificate, RSA_ROOT, hashes.SHA1()), RSA_ISSUING.key, fixed_now)  # noqa: S303
URL = "http://pki.example.com/issuing.crt"
CSR_PEM = x509.load_der_x509_csr(CSR).public_bytes(Encoding.PEM)
TWO_NAMES = csr_of(KEY, HOST, [HOST, "www.example.com", ip("10.0.0.7")])
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
SUBJECT = f"CN={HOST}"

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
    Example("unreadable-zip", always(zipped(a=zipped(b=signed()))), ("another zip", "Unpack it")),
    Example("unreadable-zip", always(encrypted(zipped(a=signed()))), ("is encrypted",)),
    Example("unreadable-zip", always(zipped(a=signed())[:-30]), ("is damaged",)),
    Example("contains-private-key", always(signed() + SECRET), ("private key", "counts as exposed")),
    Example("not-a-certificate", always(CSR_PEM), ("a certificate request (CSR)", "Send the CSR to the CA")),
    Example("not-a-certificate", always(b"%PDF-1.7\n%\xe2\xe3"), ("a PDF", "PEM, DER, PKCS#7")),
    Example("not-a-certificate", always(pem(LEAF)[:200]), ("has no end",)),
    Example("unreadable-part", always(signed() + pem(STRANGER.certificate)[:200]), ("has no end", "the file again")),
    Example("part-ignored", always(signed() + CSR_PEM), ("a certificate request (CSR)",)),
    # whose it is
    Example("only-ca-certificates", always(pem(ISSUING.certificate, ROOT.certificate)), ("CN=Test Issuing CA",)),
    Example(
        "no-request-for-this-key",
        always(signed(csr=csr_of(ec_key(), HOST))),
        (SUBJECT, "newest CSR", "/pending/csr"),
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
    Example("missing-intermediate", always(signed()), ("CN=Test Root", "put it (PEM) into"), trusted=(STRANGER,)),
    Example("missing-intermediate", lambda _: another_generation(), ("CN=Test Issuing CA", "key identifier")),
    Example("bad-signature", lambda _: another_generation(key_ids=False), ("is damaged or is another one",)),
    Example("bad-signature", always(pem(damaged(LEAF)) + CHAIN), (SUBJECT, "CN=Test Issuing CA", "damaged")),
    Example("issuer-may-not-sign", lambda _: non_ca_signs(), ("CN=other.example.com", "not one of a CA")),
    Example("issuer-may-not-sign", lambda _: too_deep(), ("CN=Short CA allows 0 CAs below it, and there are 1",)),
    Example(
        "issuer-may-not-sign",
        lambda _: limited(permitted=[x509.DNSName("corp.example")]),
        ("CN=Limited CA may not issue for web.example.com",),
    ),
    Example(
        "issuer-may-not-sign",
        lambda _: limited(excluded=[x509.DNSName("example.com")]),
        ("CN=Limited CA may not issue for web.example.com",),
    ),
    Example("too-entangled", lambda _: many_of_one_name(), ("CN=One Name", "its own chain alone")),
    Example(
        "untrusted-ca",
        always(signed() + pem(ROOT.certificate)),
        ("CN=Test Root", sha256_of(ROOT.certificate), "trusted-cas/main/"),
        trusted=(STRANGER,),
    ),
    Example(
        "any-ca-accepted",
        always(signed() + pem(ROOT.certificate)),
        ("CN=Test Root", sha256_of(ROOT.certificate), "trusted-cas/main/"),
        trusted=(),
    ),
    Example(
        "root-not-in-file",
        always(signed()),
        ("CN=Test Issuing CA", "CN=Test Root", "If it is no root"),
        also=frozenset({"any-ca-accepted"}),
        trusted=(),
    ),
    Example("root-left-out", always(signed() + pem(ROOT.certificate)), ("CN=Test Root",)),
    Example("duplicate-dropped", always(signed() + CHAIN), ("CN=Test Issuing CA",)),
    Example("stranger-dropped", always(signed() + pem(STRANGER.certificate)), ("CN=Stranger",)),
    # the checks
    Example(
        "expired",
        always(signed(Wish(names=[HOST], start=-90 * DAY, end=-DAY))),
        (SUBJECT, "2026-11-23 12:00 UTC", "sign the CSR again"),
    ),
    Example("expired", lambda _: old_ca(end=-DAY), ("CN=Old CA expired at 2026-11-23 12:00 UTC", "as it is now")),
    Example(
        "not-yet-valid",
        always(signed(Wish(names=[HOST], start=DAY))),
        (SUBJECT, "before 2026-11-25 12:00 UTC", "Drop it again then"),
    ),
    Example("leaf-is-ca", always(leaf(GOOD, ca=True) + CHAIN), (SUBJECT, "not as a CA's")),
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
    Example("name-added", always(signed(Wish(names=[HOST, "www.example.com"]))), ("DNS name www.example.com", "again")),
    Example(
        "no-alternative-name",
        always(signed(Wish(names=()))),
        (SUBJECT, "as a subject alternative name"),
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
        always(signed(Wish(names=[HOST], ekus=[SERVER]))),
        (f"extended key usage {CODE_SIGNING.dotted_string}",),
        csr=csr_of(KEY, HOST, [HOST], ekus=[CODE_SIGNING]),
    ),
    Example(
        "usage-narrower",
        always(signed(Wish(names=[HOST], ekus=[SERVER]))),
        (SUBJECT, "extended key usage clientAuth", "If that is needed: ask the CA"),
        policy=DEFAULT,
    ),
    Example(
        "lifetime-longer",
        always(signed(Wish(names=[HOST], start=-DAY, end=400 * DAY))),
        (SUBJECT, "401 days", "12 months", "a shorter one"),
        policy=DEFAULT,
    ),
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
    rejected = report["outcome"] in {"would-reject", "would-quarantine", "rejected"}
    assert rejected == ("error" in {finding["severity"] for finding in report["findings"]})
    assert rejected == ("next_step" in report)


def is_instruction(next_step: str) -> bool:
    """Sentences that begin with what to do, or with when to do it."""
    return bool(re.match(r"(Ask|Drop|Get|Send|Unpack|Check|Have|Start|To take|If |That key)\b.+\.$", next_step))


def test_every_code_has_such_a_file() -> None:
    assert {one.code for one in EXAMPLES} == CODES.keys()


def test_the_page_of_findings_lists_these_codes_with_their_severities_in_this_order() -> None:
    assert LINE.findall(DOCS.read_text()) == [(code, severity) for code, (severity, _) in CODES.items()]


ROOT_BY_SHA1 = Ca(resigned(RSA_ROOT.certificate, RSA_ROOT, hashes.SHA1()), RSA_ROOT.key, fixed_now)  # noqa: S303
RSA_CHAIN = signed(by=RSA_ISSUING)
GONE = Wish(start=-4000 * DAY, end=-DAY)
OLD_ROOT = Ca.root("Old Root", GONE, at=fixed_now)
CROSS = OLD_ROOT.ca("Test Root", GONE, ROOT.key)  # as an old root has cross-signed a new one, long ago
OLD_GENERATION = Ca.root("Test Root", GONE, ROOT.key, at=fixed_now)
ED = Ca.root("Ed Root", LONG, ed_key(), at=fixed_now)
MINUTE = timedelta(minutes=1)
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
    Fine("any extended key usage", signed(Wish(names=[HOST], ekus=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]))),
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
    Fine("a path as long as allowed", signed(by=ROOT.ca("Short CA", replace(LONG, path_length=0)))),
    Fine(
        "the old intermediate beside its renewal",
        signed() + pem(ROOT.ca("Test Issuing CA", GONE, ISSUING.key).certificate),
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
        "an expired cross-signed root alone, nothing trusted",
        signed() + pem(CROSS.certificate),
        trusted=(),
        notes=frozenset({"any-ca-accepted", "root-not-in-file", "stranger-dropped"}),
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
