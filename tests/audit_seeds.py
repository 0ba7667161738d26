"""Certificates for the audit, as Key Vault's own JSON, and what is to be found about each.

Nothing here knows the product: who writes a rule wrongly must not write the expectation with the same mistake. Five
vaults, each at a moment at which another limit of public certificates counts; in each vault every case once, each
threshold with one just inside and one just outside, and good certificates up to a thousand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from testkit.certificates import CLIENT, DAY, SERVER, Ca, Key, Wish, csr_of, ec_key, rsa_key

SECOND = timedelta(seconds=1)
# The vaults: now, the limit of public certificates, the most months below it, and nine tenths of it.
VAULTS = {
    "team1": (datetime(2026, 11, 24, 12, tzinfo=UTC), 200, 6, 180),
    "team2": (datetime(2027, 3, 14, 23, 59, 59, tzinfo=UTC), 200, 6, 180),
    "team3": (datetime(2027, 3, 15, tzinfo=UTC), 100, 3, 90),
    "team4": (datetime(2029, 3, 14, 23, 59, 59, tzinfo=UTC), 100, 3, 90),
    "team5": (datetime(2029, 3, 15, tzinfo=UTC), 47, 1, 43),
}
PROVIDERS = {"Public": "DigiCert", "Private": "OneCertV2-PrivateCA", "Broken": "GlobalSign"}
L1K = "82a27074ddbc533fcf7bd4f7cd7fa760c60a4cbf"  # Entrust's, of which browsers take nothing from 2024-11-12 on
G2 = "6a72267ad01eef7de73b6951d46c8d9f901266ab"
BELOW_G2 = "aa" * 20
ENTRUST_ENDS = datetime(2024, 11, 12, tzinfo=UTC)
OV = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.2"), None)])
OWNER = {"certflow-owner": "ann@example.com"}
BOTH, ONE = (SERVER.dotted_string, CLIENT.dotted_string), (SERVER.dotted_string,)


@dataclass(frozen=True)
class Spec:
    """A certificate. The defaults are a good one: of a private CA, renewed by Key Vault. Times are days."""

    expected: tuple[str, ...] = ()
    issuer: str = "Private"
    months: int = 12
    action: str = "AutoRenew"
    days_before: int | None = None
    percentage: int | None = 80
    ekus: tuple[str, ...] = ONE
    asked: tuple[str, ...] = ("www.example.com", "api.example.com")
    names: tuple[str, ...] | None = None  # None: those that are asked for
    subject: str = "CN=www.example.com"
    life: float = 360
    start: timedelta | None = None  # before now; None: a tenth of the life
    key: str = "P-256"
    public: bool = False
    ca: str = "Example CA"  # "": signed with its own key
    authority: str = ""  # an authority key id in place of the CA's
    exportable: bool = False
    reuse_key: bool = False
    enabled: bool = True
    imported: bool = False
    tags: Mapping[str, str] = field(default_factory=lambda: OWNER)
    pending: tuple[str, timedelta] | None = None  # a status, and for how long
    complete: bool = True
    not_live: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seed:
    """A certificate of a vault: Key Vault's answer, its key, what else is known of it, and the codes to be found."""

    name: str
    body: bytes
    key: Key
    expected: tuple[str, ...]
    pending: tuple[str, datetime] | None
    not_live: tuple[str, ...]


@dataclass(frozen=True)
class SeededVault:
    """A vault: its moment, its issuers with their providers, CAs by key id, and its certificates. `cas` are the CAs'
    certificates (DER), as far as they are known, `anchors` the key ids of those that the vault trusts.
    """

    name: str
    now: datetime
    trusted: Mapping[str, bool]
    parents: Mapping[str, str]
    cas: tuple[bytes, ...]
    anchors: tuple[str, ...]
    seeds: tuple[Seed, ...]
    providers: Mapping[str, str] = field(default_factory=lambda: PROVIDERS)
    broken: tuple[str, ...] = ("Broken",)


def seeded_vaults(count: int = 1000) -> Iterator[SeededVault]:
    """The five vaults, with `count` certificates each."""
    for name, (now, limit, months, swallowed) in VAULTS.items():
        chance = random.Random(name)  # noqa: S311  the same in each run
        cases = {**renewals(), **of_public(limit, months, swallowed), **contents(now), **states()}
        good = [spec for spec in cases.values() if not spec.expected]
        specs = [*cases.items(), *((f"good-{n}", chance.choice(good)) for n in range(count - len(cases)))]
        chance.shuffle(specs)
        seeds = tuple(seed_of(name, label, spec, now) for label, spec in specs)
        example, stranger = authority("Example CA", now), authority("Stranger", now)
        cas = (*(one.certificate.public_bytes(Encoding.DER) for one in (example, stranger)), below_g2(now))
        trusted = {key_id(example): True, key_id(stranger): False, BELOW_G2: True}
        yield SeededVault(name, now, trusted, {BELOW_G2: G2}, cas, (key_id(example), G2), seeds)


def renewals() -> dict[str, Spec]:
    """What a private CA signs: when it is renewed, and by whom. A life has 360 days."""
    good = Spec()
    by_days, by_share = replace(good, percentage=None), replace(good, days_before=None)
    manual = Spec(issuer="Unknown", action="EmailContacts")
    mail = replace(manual, tags={}, percentage=None)
    short = replace(by_days, life=60, months=2)
    shortest = replace(by_days, life=18, months=0)
    off = OWNER | {"certflow-renew": "off"}
    swallows, late, nobody, ownerless = "renew-window-swallows-life", "renews-too-late", "nobody-renews", "no-owner"
    return {
        "good": good,
        "good-manual": manual,
        "days-324": replace(by_days, days_before=324, expected=(swallows,)),
        "days-323": replace(by_days, days_before=323),
        "share-10": replace(by_share, percentage=10, expected=(swallows,)),
        "share-11": replace(by_share, percentage=11),
        "days-324-by-mail": replace(manual, percentage=None, days_before=324),
        "days-324-unknown": replace(by_days, issuer="Unknown", days_before=324),
        "days-324-disabled": replace(by_days, days_before=324, enabled=False, expected=("disabled-but-current",)),
        "days-36": replace(by_days, days_before=36),
        "days-35": replace(by_days, days_before=35, expected=(late,)),
        "share-90": replace(by_share, percentage=90),
        "share-91": replace(by_share, percentage=91, expected=(late,)),
        "short-7": replace(short, days_before=7),
        "short-6": replace(short, days_before=6, expected=(late,)),
        "shortest-6": replace(shortest, days_before=6),
        "shortest-5": replace(shortest, days_before=5, expected=(late,)),
        "mail-36": replace(mail, days_before=36, expected=(ownerless,)),
        "mail-35": replace(mail, days_before=35, expected=(late, ownerless)),
        "mail-35-owned": replace(mail, days_before=35, tags=OWNER),
        "nobody": replace(manual, action="", tags={}, expected=(nobody, ownerless)),
        "nobody-unknown": replace(good, issuer="Unknown", tags={}, expected=(nobody, ownerless)),
        "somebody": replace(manual, action=""),
        "not-to-be-renewed": replace(manual, action="", tags={"certflow-renew": "off"}, expected=(ownerless,)),
        "first-340": replace(
            by_days, days_before=340, complete=False, pending=("inProgress", DAY), expected=(swallows,)
        ),
        "first-320": replace(by_days, days_before=320, complete=False, pending=("inProgress", DAY)),
        "off-swallowed": replace(by_days, days_before=324, tags=off, expected=(swallows,)),
        "off-late": replace(by_share, percentage=91, tags=off, expected=(late,)),
        "off-becomes": replace(good, issuer="Self", tags=off, expected=("auto-renew-becomes-self-signed",)),
        "off-no-issuer": replace(good, issuer="Gone", tags=off, expected=("issuer-broken",)),
        "off-unknown": replace(by_days, issuer="Unknown", days_before=324, tags=off),
        "certflow": replace(manual, action="", tags={"certflow-renew": "auto"}, expected=(ownerless,)),
        "ownerless": replace(good, tags={"team": "web"}, expected=(ownerless,)),
        "becomes": replace(good, issuer="Self", imported=True, expected=("auto-renew-becomes-self-signed",)),
        "becomes-merged": replace(good, issuer="self", expected=("auto-renew-becomes-self-signed",)),
        "stays": replace(good, issuer="Self", imported=True, action="EmailContacts"),
        "stays-self": replace(good, issuer="Self", ca="", expected=("self-signed",)),
        "long": replace(good, months=24, life=700),
        "less-329": replace(good, life=329),
        "less-328": replace(good, life=328, expected=("shorter-than-asked",)),
        "less-imported": replace(manual, life=100, imported=True),
        "no-issuer": replace(good, issuer="Gone", expected=("issuer-broken",)),
        "no-issuer-by-mail": replace(good, issuer="Gone", action="EmailContacts"),
        "no-issuer-certflow": replace(
            good, issuer="Gone", action="", tags=OWNER | {"certflow-renew": "auto"}, expected=("issuer-broken",)
        ),
        "issuer-in-capitals": replace(good, issuer="PRIVATE"),
        "refuses": replace(good, issuer="Broken", months=1, life=40, expected=("issuer-broken",)),
    }


def of_public(limit: int, months: int, swallowed: int) -> dict[str, Spec]:
    """What public CAs sign, by the limit of the moment."""
    good = Spec(issuer="Public", public=True, months=months, life=limit - 1)
    manual = replace(good, issuer="Unknown", action="EmailContacts")
    above = replace(good, months=months + 1, life=(months + 1) * 31, expected=("months-above-limit",))
    by_hand = replace(above, issuer="Unknown", action="EmailContacts")
    old = replace(good, percentage=None, life=398)
    fixed = ("fixed-days",)
    return {
        "public": good,
        "public-manual": manual,
        "above": above,
        "above-unlabelled": replace(above, public=False),
        "above-by-hand": by_hand,
        "above-imported": replace(by_hand, imported=True, expected=()),
        "above-imported-certflow": replace(by_hand, imported=True, tags=OWNER | {"certflow-renew": "auto"}),
        "above-imported-issuer": replace(above, imported=True),
        "above-private": replace(by_hand, public=False, expected=()),
        "above-private-issuer": replace(above, issuer="Private", expected=()),
        "above-pending": replace(above, complete=False, pending=("inProgress", DAY)),
        "above-remnant": replace(above, complete=False, expected=()),
        "above-disabled": replace(above, enabled=False, expected=("disabled-but-current",)),
        "swallowed-by-limit": replace(old, days_before=swallowed, expected=("renew-window-swallows-life",)),
        "not-swallowed": replace(old, days_before=swallowed - 1, expected=fixed),
        "fixed": replace(good, percentage=None, days_before=30, expected=fixed),
        "fixed-mail": replace(manual, percentage=None, days_before=30, tags={}, expected=("no-owner", *fixed)),
        "fixed-mail-owned": replace(manual, percentage=None, days_before=30),
        "fixed-private": replace(good, issuer="Private", public=False, percentage=None, days_before=30),
        "client": replace(good, ekus=BOTH, expected=("client-auth-asked",)),
        "client-any": replace(good, ekus=()),
        "client-private": replace(good, issuer="Private", public=False, ekus=BOTH),
        "client-imported": replace(manual, imported=True, ekus=BOTH),
    }


def contents(now: datetime) -> dict[str, Spec]:
    """What is in a certificate: keys, names, its CA."""
    good, differ = Spec(), ("names-differ-from-policy",)
    since = now - ENTRUST_ENDS
    entrust = replace(good, months=0, life=since / DAY + 400, start=since, authority=L1K, expected=("distrusted-ca",))
    return {
        "rsa-2048": replace(good, key="RSA-2048"),
        "rsa-2040": replace(good, key="RSA-2040", expected=("weak-key",)),
        "p-224": replace(good, key="P-224", expected=("weak-key",)),
        "p-384": replace(good, key="P-384"),
        "rsa-disabled": replace(good, key="RSA-2040", enabled=False, expected=("disabled-but-current",)),
        "exported": replace(good, exportable=True, expected=("exportable",)),
        "reused": replace(good, reuse_key=True, expected=("key-reused",)),
        "reused-imported": replace(good, reuse_key=True, issuer="Unknown", action="EmailContacts", imported=True),
        "star": replace(good, asked=("*.example.com",), subject="CN=*.example.com", expected=("wildcard",)),
        "lacks": replace(good, names=("www.example.com",), expected=differ),
        "added": replace(good, names=("www.example.com", "api.example.com", "example.com"), expected=differ),
        "cased": replace(good, names=("WWW.example.com", "Api.example.com")),
        "common": replace(good, asked=("api.example.com",), names=("www.example.com", "api.example.com")),
        "none-asked": replace(good, asked=(), subject="O=Example", names=("www.example.com",)),
        "own": replace(good, issuer="Self", action="EmailContacts", ca="", expected=("self-signed",)),
        "same-name": replace(good, ca="www.example.com"),
        "stranger": replace(good, ca="Stranger", expected=("untrusted-ca",)),
        "nobody-knows": replace(good, ca="Nobody"),
        "entrust": entrust,
        "entrust-before": replace(entrust, start=since + SECOND, expected=()),
        "entrust-below": replace(entrust, authority=BELOW_G2),
        "entrust-ended": replace(entrust, life=since / DAY, expected=("expired-in-use",)),
        "several": replace(
            good, key="RSA-2040", exportable=True, tags={}, expected=("no-owner", "weak-key", "exportable")
        ),
    }


def states() -> dict[str, Spec]:
    """What happens with a certificate: it ends, is disabled, waits, is not shown."""
    good, forgotten = Spec(), ("pending-and-forgotten",)
    manual = Spec(issuer="Unknown", action="EmailContacts")
    ended = replace(good, start=360 * DAY, expected=("expired-in-use",))
    return {
        "ended": ended,
        "ends-in-a-second": replace(good, start=360 * DAY - SECOND),
        "ended-ownerless": replace(manual, start=400 * DAY, tags={}, expected=("expired-in-use", "no-owner")),
        "ended-disabled": replace(ended, enabled=False, expected=()),
        "disabled": replace(good, enabled=False, expected=("disabled-but-current",)),
        "pending-14": replace(manual, pending=("inProgress", 14 * DAY)),
        "pending-15": replace(manual, pending=("inProgress", 14 * DAY + SECOND), expected=forgotten),
        "pending-failed": replace(manual, pending=("failed", 50 * DAY)),
        "pending-first": replace(manual, complete=False, pending=("inProgress", 15 * DAY), expected=forgotten),
        "pending-new": replace(manual, complete=False, pending=("inProgress", DAY)),
        "not-live": replace(good, not_live=("www.example.com:443",), expected=("not-live",)),
        "not-live-disabled": replace(
            good, not_live=("www.example.com:443",), enabled=False, expected=("disabled-but-current",)
        ),
    }


def seed_of(vault: str, name: str, spec: Spec, now: datetime) -> Seed:
    """The certificate that a specification describes."""
    pending = (spec.pending[0], now - spec.pending[1]) if spec.pending else None
    # One key of a kind is enough for all, but a request in progress is found by its key.
    key = new_key(spec.key) if pending else key_of(spec.key)
    body = json.dumps(bundle(f"https://{vault}.vault.azure.net", name, spec, key, now)).encode()
    return Seed(name, body, key, spec.expected, pending, spec.not_live)


def bundle(base: str, name: str, spec: Spec, key: Key, now: datetime) -> dict[str, Any]:
    """Key Vault's answer (protocol §3); a half-made version where there is no complete one (protocol §4.3)."""
    start = now - (spec.start if spec.start is not None else spec.life * DAY / 10)
    version = hashlib.sha256(f"{base}/{name}".encode()).hexdigest()[:32]
    id_ = f"{base}/certificates/{name}"
    body: dict[str, Any] = {"id": f"{id_}/{version}"}
    if spec.complete:
        leaf = leaf_of(spec, key, start, now)
        x5t = base64.urlsafe_b64encode(leaf.fingerprint(SHA1())).rstrip(b"=").decode()  # noqa: S303  as Key Vault
        body |= {"x5t": x5t, "cer": base64.b64encode(leaf.public_bytes(Encoding.DER)).decode()}
    dates = {"nbf": seconds(start), "exp": seconds(start + spec.life * DAY), "created": seconds(start)}
    body |= {"attributes": {"enabled": spec.enabled and spec.complete, **dates}, "policy": policy_of(id_, spec)}
    body |= {"tags": dict(spec.tags)} if spec.tags else {}
    return body if spec.imported else body | {"pending": {"id": f"{id_}/pending"}}


def policy_of(id_: str, spec: Spec) -> dict[str, Any]:
    """The stored policy."""
    when = {"lifetime_percentage": spec.percentage, "days_before_expiry": spec.days_before}
    trigger = {key: value for key, value in when.items() if value is not None}
    key = {"kty": "RSA" if spec.key.startswith("RSA") else "EC", "reuse_key": spec.reuse_key}
    actions = [{"trigger": trigger, "action": {"action_type": spec.action}}] if spec.action else []
    return {
        "id": f"{id_}/policy",
        "key_props": key | {"exportable": spec.exportable},
        "secret_props": {"contentType": "application/x-pkcs12"},
        "x509_props": {
            "subject": spec.subject,
            "sans": {"dns_names": list(spec.asked)},
            "ekus": list(spec.ekus),
            "validity_months": spec.months,
        },
        "lifetime_actions": actions,
        "issuer": {"name": spec.issuer},
    }


def leaf_of(spec: Spec, key: Key, start: datetime, now: datetime) -> x509.Certificate:
    """Its certificate."""
    names = spec.asked if spec.names is None else spec.names
    more: list[tuple[x509.ExtensionType, bool]] = [(OV, False)] if spec.public else []
    if spec.authority:
        more.append((x509.AuthorityKeyIdentifier(bytes.fromhex(spec.authority), None, None), False))
    wish = Wish(names=names, start=start - now, end=start + spec.life * DAY - now, ekus=(SERVER,), more=more)
    if not spec.ca:
        return Ca.root("www.example.com", wish, key, at=lambda: now).certificate
    return authority(spec.ca, now).signs(csr_by(key), wish)


@cache
def csr_by(key: Key) -> bytes:
    """A CSR with that key."""
    return csr_of(key, "www.example.com")


@cache
def authority(name: str, now: datetime) -> Ca:
    """A CA of this name."""
    return Ca.root(name, Wish(start=-DAY, end=DAY), ec_key(), at=lambda: now)


@cache
def key_of(kind: str) -> Key:
    """The key of a kind."""
    return new_key(kind)


def new_key(kind: str) -> Key:
    """A key of a kind."""
    if kind.startswith("RSA-"):
        return rsa_key(int(kind.removeprefix("RSA-")))
    curves = {"P-224": ec.SECP224R1(), "P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
    return ec.generate_private_key(curves[kind])


def below_g2(now: datetime) -> bytes:
    """The certificate of the CA with that key id below Entrust's, whose certificate is not known."""
    subject, above = x509.SubjectKeyIdentifier(bytes.fromhex(BELOW_G2)), bytes.fromhex(G2)
    ids = [(subject, False), (x509.AuthorityKeyIdentifier(above, None, None), False)]
    return authority("Entrust", now).ca("Below Entrust", Wish(more=ids)).certificate.public_bytes(Encoding.DER)


def key_id(ca: Ca) -> str:
    """The key identifier (hex)."""
    return x509.SubjectKeyIdentifier.from_public_key(ca.key.public_key()).digest.hex()


def seconds(when: datetime) -> int:
    return int(when.timestamp())
