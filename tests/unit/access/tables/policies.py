"""What a policy would make of a certificate, and what of it cannot be read."""

from __future__ import annotations

from typing import Any

from functions.access.policy import EffectivePolicy, effective_policy, is_oid
from tests.unit.access.tables.case import Case, equal

TLS = frozenset({"digitalSignature", "keyEncipherment"})
ALL_USAGES = frozenset(
    "digitalSignature nonRepudiation keyEncipherment dataEncipherment keyAgreement keyCertSign cRLSign "  # noqa: SIM905
    "encipherOnly decipherOnly".split()
)
NO_NAMES: dict[str, tuple[str, ...]] = {"dns": (), "ips": (), "emails": (), "uris": (), "upns": ()}


def field_of(name: str, policy: Any) -> object:
    """A field of the effective policy; where it can be read, nothing is unread."""
    found = effective_policy(policy, None)
    assert not found.unread, found.unread
    return getattr(found, name)


def unread_of(policy: Any) -> set[str]:
    return set(effective_policy(policy, None).unread)


def values_of(policy: Any) -> object:
    found = effective_policy(policy, None)
    return found.subject, found.key, found.months


def named(policy: EffectivePolicy) -> list[str]:
    return [str(one) for one in policy.subject]


def x509(**fields: object) -> dict[str, object]:
    return {"x509_props": fields}


DEFAULTS = EffectivePolicy(
    names=NO_NAMES,
    subject=(),
    key="RSA:2048",
    exportable=True,
    reuse_key=False,
    issuer="Unknown",
    months=12,
    ekus=frozenset({"serverAuth", "clientAuth"}),
    key_usage=TLS,
    ca=False,
    auto_renew=False,
)
WHICH = [
    equal("no policy at all is one of defaults", effective_policy, None, None, gives=DEFAULTS),
    equal("an empty policy is one of defaults", effective_policy, {}, None, gives=DEFAULTS),
    equal(
        "without one that is sent the stored one counts",
        lambda: named(effective_policy(None, x509(subject="CN=stored"))),
        gives=["CN=stored"],
    ),
    equal(
        "what is sent replaces what is stored",
        effective_policy,
        {"issuer": {"name": "Unknown"}},
        x509(subject="CN=stored", sans={"dns_names": ["a.b"]}),
        gives=DEFAULTS,
    ),
    equal("an empty one replaces it, too", effective_policy, {}, x509(subject="CN=stored"), gives=DEFAULTS),
]
NULLS = {"key_props": None, "x509_props": None, "lifetime_actions": None, "issuer": None}
READ = [
    equal("null is left out", effective_policy, NULLS, None, gives=DEFAULTS),
    equal(
        "null is left out further down",
        effective_policy,
        x509(subject=None, sans=None, ekus=None, key_usage=None, validity_months=None, basic_constraints=None),
        None,
        gives=DEFAULTS,
    ),
    equal(
        "what changes nothing is known",
        effective_policy,
        {
            "id": "x",
            "secret_props": {"contentType": "application/x-pem-file"},
            "attributes": {"enabled": True},
            "issuer": {"cty": "OV-SSL", "cert_transparency": False},
            "x509_props": {"basic_constraints": {"ca": False, "path_len_constraint": 1}},
        },
        None,
        gives=DEFAULTS,
    ),
    *[
        equal(
            f"{kind} are {field}",
            field_of,
            "names",
            x509(sans={kind: ["a", "B"]}),
            gives=NO_NAMES | {field: ("a", "B")},
        )
        for kind, field in {
            "dns_names": "dns",
            "ipAddresses": "ips",
            "emails": "emails",
            "uris": "uris",
            "upns": "upns",
        }.items()
    ],
    *[
        equal(f"the key {key} is {gives}", field_of, "key", {"key_props": key}, gives=gives)
        for key, gives in [
            ({"kty": "RSA"}, "RSA:2048"),
            ({"key_size": 4096}, "RSA:4096"),
            ({"kty": "RSA-HSM", "key_size": 3072}, "RSA-HSM:3072"),
            ({"kty": "EC"}, "EC:P-256"),
            ({"kty": "EC", "key_size": 256}, "EC:P-256"),
            ({"kty": "EC", "crv": "P-384"}, "EC:P-384"),
            ({"kty": "EC", "crv": "P-384", "key_size": 384}, "EC:P-384"),
            ({"kty": "EC", "crv": "P-521", "key_size": 521}, "EC:P-521"),
            ({"kty": "EC-HSM", "crv": "P-256K", "key_size": 256}, "EC-HSM:P-256K"),
        ]
    ],
    *[
        equal(f"{name} {value} is read", field_of, name, {"key_props": {name: value}}, gives=value)
        for name in ("exportable", "reuse_key")
        for value in (True, False)
    ],
    equal("a CA", field_of, "ca", x509(basic_constraints={"ca": True}), gives=True),
    equal("no CA", field_of, "ca", x509(basic_constraints={"ca": False}), gives=False),
    equal("an issuer", field_of, "issuer", {"issuer": {"name": "DigiCert"}}, gives="DigiCert"),
    equal("an issuer without blanks", field_of, "issuer", {"issuer": {"name": " DigiCert "}}, gives="DigiCert"),
    equal("an empty issuer is none", field_of, "issuer", {"issuer": {"name": " "}}, gives="Unknown"),
    equal("a lifetime", field_of, "months", x509(validity_months=3), gives=3),
    equal("the shortest lifetime", field_of, "months", x509(validity_months=1), gives=1),
    equal("usages by name", field_of, "ekus", x509(ekus=["1.3.6.1.5.5.7.3.3"]), gives=frozenset({"codeSigning"})),
    equal("usages by OID", field_of, "ekus", x509(ekus=["1.2.3"]), gives=frozenset({"1.2.3"})),
    equal("no extended usage means any", field_of, "ekus", x509(ekus=[]), gives=frozenset({"anyExtendedKeyUsage"})),
    equal("a key usage", field_of, "key_usage", x509(key_usage=["cRLSign"]), gives=frozenset({"cRLSign"})),
    equal("all key usages", field_of, "key_usage", x509(key_usage=sorted(ALL_USAGES)), gives=ALL_USAGES),
    equal("no key usage means all", field_of, "key_usage", x509(key_usage=[]), gives=ALL_USAGES),
    equal("an issuer renews by default", field_of, "auto_renew", {"issuer": {"name": "D"}}, gives=True),
    equal("Unknown does not", field_of, "auto_renew", {"issuer": {"name": "UNKNOWN"}}, gives=False),
    *[
        equal(
            f"{kinds} renew: {gives}",
            field_of,
            "auto_renew",
            {"issuer": {"name": issuer}, "lifetime_actions": [{"action": {"action_type": kind}} for kind in kinds]},
            gives=gives,
        )
        for issuer in ("D", "Unknown")
        for kinds, gives in [
            ([], False),
            (["EmailContacts"], False),
            (["AutoRenew"], True),
            (["EmailContacts", "AutoRenew"], True),
        ]
    ],
    equal("a DNS name can be a wildcard", field_of, "wildcard", x509(sans={"dns_names": ["a.b", "*.a.b"]}), gives=True),
    equal("a common name, too", field_of, "wildcard", x509(subject="CN=*.a.b"), gives=True),
    equal("under another name, too", field_of, "wildcard", x509(subject="OID.2.5.4.3=*.a.b"), gives=True),
    equal("other names have no wildcards", field_of, "wildcard", x509(sans={"uris": ["*"]}), gives=False),
    equal(
        "common names are found among the fields",
        field_of,
        "common_names",
        x509(subject="CN=a, O=b, cn=c"),
        gives=("a", "c"),
    ),
]
UNREAD = [
    equal(f"{path} cannot be read from {policy}", unread_of, policy, gives={path})
    for path, policy in [
        ("platform_managed", {"platform_managed": {}}),
        ("key_props", {"key_props": []}),
        ("key_props.kind", {"key_props": {"kind": 1}}),
        ("key_props", {"key_props": {"kty": "oct"}}),
        ("key_props.kty", {"key_props": {"kty": 1}}),
        ("key_props", {"key_props": {"key_size": 1024}}),
        ("key_props", {"key_props": {"key_size": 256}}),
        ("key_props", {"key_props": {"crv": "P-256"}}),
        ("key_props", {"key_props": {"kty": "EC", "key_size": 384}}),
        ("key_props", {"key_props": {"kty": "EC", "key_size": 2048}}),
        ("key_props", {"key_props": {"kty": "EC", "crv": "P-384", "key_size": 256}}),
        ("key_props", {"key_props": {"kty": "EC", "crv": "P-000"}}),
        ("key_props", {"key_props": {"kty": "RSA-HSM-HSM"}}),
        ("key_props.exportable", {"key_props": {"exportable": "yes"}}),
        ("key_props.reuse_key", {"key_props": {"reuse_key": 1}}),
        ("x509_props", {"x509_props": "x"}),
        ("x509_props.more", x509(more=1)),
        ("x509_props.subject", x509(subject=1)),
        ("x509_props.subject", x509(subject="CN=a+O=b")),
        ("x509_props.sans", x509(sans=["a.b"])),
        ("x509_props.sans.dirs", x509(sans={"dirs": ["a"]})),
        ("x509_props.sans.dns_names", x509(sans={"dns_names": "a.b"})),
        ("x509_props.sans.dns_names", x509(sans={"dns_names": ["a.b", 1]})),
        ("x509_props.sans.dns_names", x509(sans={"dns_names": ["a.b", "＊.a.b"]})),
        ("x509_props.sans.upns", x509(sans={"upns": {}})),
        ("x509_props.sans.upns", x509(sans={"upns": "a.b"})),
        ("x509_props.sans.ipAddresses", x509(sans={"ipAddresses": 1})),
        ("x509_props.ekus", x509(ekus=["1.2.3", "serverAuth"])),
        ("x509_props.ekus", x509(ekus=["1.3.6.1.5.5.7.3.01"])),
        ("x509_props.ekus", x509(ekus=[None])),
        ("x509_props.key_usage", x509(key_usage=["keycertsign"])),
        ("x509_props.key_usage", x509(key_usage="digitalSignature")),
        ("x509_props.validity_months", x509(validity_months=0)),
        ("x509_props.validity_months", x509(validity_months=-1)),
        ("x509_props.validity_months", x509(validity_months="12")),
        ("x509_props.validity_months", x509(validity_months=True)),
        ("x509_props.validity_months", x509(validity_months=1.5)),
        ("x509_props.basic_constraints", x509(basic_constraints=True)),
        ("x509_props.basic_constraints.more", x509(basic_constraints={"more": 1})),
        ("x509_props.basic_constraints.ca", x509(basic_constraints={"ca": "true"})),
        ("issuer", {"issuer": "DigiCert"}),
        ("issuer.more", {"issuer": {"more": 1}}),
        ("issuer.name", {"issuer": {"name": ["DigiCert"]}}),
        ("lifetime_actions", {"lifetime_actions": {}}),
        ("lifetime_actions", {"lifetime_actions": 1}),
        ("lifetime_actions", {"lifetime_actions": ["AutoRenew"]}),
        ("lifetime_actions", {"lifetime_actions": [{}]}),
        ("lifetime_actions", {"lifetime_actions": [{"action": "AutoRenew"}]}),
        ("lifetime_actions", {"lifetime_actions": [{"action": {"action_type": ["AutoRenew"]}}]}),
        ("lifetime_actions", {"lifetime_actions": [{"action": {"action_type": "autorenew"}}]}),
    ]
] + [
    equal(
        "all that cannot be read is told",
        unread_of,
        {"a": 1, "issuer": 1, **x509(b=1, ekus=1)},
        gives={"a", "issuer", "x509_props.b", "x509_props.ekus"},
    )
]
OIDS = [
    equal(f"{text!r} is an OID: {gives}", is_oid, text, gives=gives)
    for text, gives in [
        ("1.2", True),
        ("1.3.6.1.5.5.7.3.1", True),
        ("2.5.29.37.0", True),
        ("1", False),
        ("", False),
        ("1..2", False),
        ("1.2.", False),
        (".1.2", False),
        ("1.02", False),
        ("1.a", False),
        (" 1.2", False),
        ("1.\u0662", False),  # an Arabic two
        ("1.\u00b2", False),  # a superscript two
    ]
]
UNREAD_VALUES = [
    equal(
        "what cannot be read is nothing that could be granted",
        lambda: values_of({"key_props": {"kty": "oct"}, **x509(subject="a", validity_months=0)}),
        gives=((), "oct", 0),
    )
]
CASES: list[Case] = [*WHICH, *READ, *UNREAD, *UNREAD_VALUES, *OIDS]
