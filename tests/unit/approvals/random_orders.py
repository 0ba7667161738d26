"""Random access files, and random orders that they decide: each field of a row and of a policy may be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.unit.access.tables.callers import Row
from tests.unit.access.tables.requests import ANY, CLIENT, CODE, SERVER

VAULTS, NAMES = ("prod-pay", "test-pay"), ("pay-web", "Pay-API")
BY_EMAIL, BY_ITSELF = (
    [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": kind}}]
    for kind in ("EmailContacts", "AutoRenew")
)
type Fields = dict[str, st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Order:
    """What a member of a team (`roles`) asks for, who has started `today` requests before; `grants` and `conditions`
    are the rows of the access file. `before` is the policy of the certificate that there is; None: there is none.
    """

    grants: list[Row]
    conditions: list[Row]
    roles: list[str]
    today: int
    vault: str
    name: str
    owner: str | None
    policy: dict[str, Any]
    before: dict[str, Any] | None

    @property
    def is_for_everybody(self) -> bool:
        """Whether each condition is for all callers, and so for Certflow itself."""
        return not any("who" in row for row in self.conditions)


def some(*items: object) -> st.SearchStrategy[list[Any]]:
    """One or two of them."""
    return st.lists(st.sampled_from(items), min_size=1, max_size=2, unique=True)


def fields(known: Fields, **needed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with those that are needed, and any of the others."""
    return st.fixed_dictionaries(needed, optional=known)


PLACE: Fields = {
    "vaults": some("prod-*", "PROD-pay", "test-pay", "*"),
    "names": some("pay-*", "*-web", "*-api", "other"),
}
WHO = some("role:a", "role:b", "role:others")
LIMITS: Fields = {
    "issuers": some("Digi*", "Unknown", "Corp"),
    "dns": some("*.example.com", "*.pay.example.com", "web.pay.example.com"),
    "ips": some("10.0.0.0/8", "::/0"),
    "emails": some("*@example.com"),
    "uris": some("spiffe://example.com/*"),
    "upns": some("*@example.com"),
    "subject": some("O=Example", "CN=*"),
    "ekus": some("serverAuth", "clientAuth", "*"),
    "key_usage": some("digitalSignature", "keyEncipherment", "*"),
    "keys": some("RSA:2048..4096", "RSA:4096", "EC", "EC-HSM:P-256"),
    "owners": some("*@example.com", "pay@*"),
    "months": st.sampled_from([6, 12, 24]),
    "a_day": st.sampled_from([1, 2]),
    **{flag: st.booleans() for flag in ("wildcard", "ca", "exportable", "reuse_key", "auto_renew")},
}


@st.composite
def grants(draw: st.DrawFn) -> Row:
    """A row that lets a team ask: as often for anything as within a place or limits; or lets it only read."""
    row = {"who": draw(WHO), "may": ["read", "request"]}
    kind = draw(st.sampled_from(["open", "open", "limited", "limited", "to read"]))
    if kind == "to read":
        return {**row, "may": ["read", "approve"]}
    within = {**PLACE, **LIMITS}
    return row if kind == "open" else {**row, **{name: draw(within[name]) for name in draw(some(*sorted(within)))}}


@st.composite
def conditions(draw: st.DrawFn) -> Row:
    """A row that denies, or asks for approvals, with one or two of the fields that narrow it; some have `who`, too."""
    narrows: Fields = {
        **PLACE,
        "issuers": some("Digi*", "unknown", "C*"),
        "wildcard": st.booleans(),
        "exportable": st.booleans(),
    }
    denies = draw(st.sampled_from([True, False, False]))
    narrows["verbs"] = st.just(["read", "request"] if denies else ["request"])
    row = {name: draw(narrows[name]) for name in draw(some(*sorted(narrows)))}
    row |= draw(st.sampled_from([{}, {}, {}, {"who": draw(WHO)}]))
    if denies:
        effect = draw(
            fields({"say": st.sampled_from(["not here", "ask for each name", "closed."])}, deny=st.just(True))
        )
    else:
        who: Fields = {"by": some("role:pki", "role:lead"), "tell": some("pki@example.com", "lead@example.com")}
        effect = draw(fields(who, approvals=st.sampled_from([1, 2])))
    return {**row, **effect}


DNS = ("web.pay.example.com", "*.pay.example.com", "WEB.pay.example.com", "a.hr.example.com")
SANS: Fields = {
    "dns_names": some(*DNS),
    "ipAddresses": some("10.1.2.3", "2001:db8::1"),
    "emails": some("ann@example.com"),
    "uris": some("spiffe://example.com/web"),
    "upns": some("ann@example.com"),
}
# The last one cannot be read (docs/access.md): no row with limits covers it, and each condition matches it.
SUBJECTS = ("CN=web.pay.example.com", "CN=*.pay.example.com", "CN=web.pay.example.com, O=Example", "CN=web+O=Example")
X509: Fields = {
    "sans": fields(SANS),
    "ekus": some(SERVER, CLIENT, CODE, ANY),
    "key_usage": some("digitalSignature", "keyEncipherment", "keyCertSign"),
    "validity_months": st.sampled_from([3, 6, 12, 24]),
    "basic_constraints": st.sampled_from([{}, {"ca": False}]),
}
KEYS: tuple[dict[str, Any], ...] = (
    {},
    {"kty": "RSA", "key_size": 2048},
    {"key_size": 4096},
    {"kty": "EC"},
    {"kty": "EC", "crv": "P-384", "key_size": 384},
    {"kty": "RSA-HSM", "exportable": False},
    {"kty": "EC-HSM", "crv": "P-256", "exportable": False},
)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """A policy that Key Vault takes, and whose next versions it does not start by itself."""
    flags = draw(fields({"exportable": st.booleans(), "reuse_key": st.booleans()}))
    issuer = draw(st.sampled_from([None, "Unknown", "unknown", "DigiCert", "digicert", "Corp"]))
    manual = issuer is None or issuer.lower() == "unknown"
    actions = draw(st.sampled_from([None, BY_EMAIL, BY_ITSELF] if manual else [BY_EMAIL]))
    return {
        "x509_props": draw(fields(X509, subject=st.sampled_from(SUBJECTS))),
        **draw(st.sampled_from([{}, {"key_props": {**flags, **draw(st.sampled_from(KEYS))}}])),
        **({"issuer": {"name": issuer}} if issuer else {}),
        **({"lifetime_actions": actions} if actions else {}),
    }


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order: of a first version, of a next one with the same policy, which is not sent then, or with another."""
    policy = draw(policies())
    return Order(
        grants=draw(st.lists(grants(), min_size=1, max_size=4)),
        conditions=[draw(conditions()) for _ in range(draw(st.sampled_from([0, 1, 1, 2, 2, 3])))],
        roles=draw(st.sampled_from([["a"], ["b"], ["a", "b"]])),
        today=draw(st.integers(0, 2)),
        vault=draw(st.sampled_from(VAULTS)),
        name=draw(st.sampled_from(NAMES)),
        owner=draw(st.sampled_from([None, "pay@example.com", "hr@example.org"])),
        policy=policy,
        before=draw(st.none() | st.just(policy) | policies()),
    )
