"""Each finding has a file that causes it, and says what to do; nothing is said of what a CA's engineer finds fine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.chains.validation.build import Chain, End
from functions.chains.validation.validate import Validation
from functions.model.finding_codes import CODES
from functions.model.findings import REFUSABLE, Finding
from tests.certificates import (
    DAY,
    Ca,
    Wish,
    csr_of,
    ec_key,
    ed_key,
    ip,
    pem,
    resigned,
    rsa_key,
)
from tests.clock import fixed_now
from tests.event_docs import FINDING, FINDINGS, findings_page
from tests.unit.finding_chains import (
    CODE_SIGNING,
    CROSS,
    CSR,
    DEFAULT,
    GONE,
    GOOD,
    HOST,
    ISSUING,
    KEY,
    LEAF,
    LONG,
    MAIL_CA,
    OLD_ROOT,
    OWN,
    ROOT,
    RSA_ISSUING,
    RSA_ROOT,
    STRANGER,
    leaf,
    limited,
    odd,
    old_ca,
    renewed_for_all,
    signed,
    signed_as_a_ca,
)
from tests.unit.finding_example import Example, dropped, inspected, world_with
from tests.unit.finding_examples import EXAMPLES


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


def test_the_page_of_findings_says_what_to_do_about_each_code() -> None:
    steps = FINDING.findall(FINDINGS.read_text())
    assert [code for code, _ in steps] == [*CODES]
    assert [code for code, step in steps if not step.strip()] == []


def test_the_page_is_written_from_the_codes_and_keeps_what_to_do_about_each() -> None:
    page = FINDINGS.read_text()
    damaged = re.sub(r"^(\| `expired` \|)[^|]*\|[^|]*\|", r"\1 note | Nothing. |", page, flags=re.MULTILINE)
    assert damaged != page
    assert findings_page(damaged) == page


def test_a_code_that_is_not_on_the_page_gets_a_row_without_what_to_do() -> None:
    page = re.sub(r"^\| `expired` .*\n", "", FINDINGS.read_text(), flags=re.MULTILINE)
    assert dict(FINDING.findall(findings_page(page)))["expired"].strip() == ""


def test_the_docs_name_the_warnings_that_can_keep_a_chain_back() -> None:
    assert {CODES[code][0] for code in REFUSABLE} == {"warning"}
    sentence = FINDINGS.read_text().partition("CERTFLOW_REFUSED_WARNINGS")[2].partition("\n\n")[0]
    assert set(re.findall("`([a-z-]+)`", sentence)) == REFUSABLE


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
    judged = Validation(
        chain, (Finding("name-added", "a"), Finding("lifetime-longer", "b"), Finding("part-ignored", "c"))
    )
    refused = judged.refusing({"lifetime-longer"})
    assert [(one.code, one.severity) for one in refused.findings] == [
        ("lifetime-longer", "error"),
        ("name-added", "warning"),
        ("part-ignored", "note"),
    ]
    assert [one.code for one in refused.errors] == ["lifetime-longer"]
