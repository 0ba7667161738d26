"""What a row with limits grants of a request, field by field, and what it says is missing."""

from __future__ import annotations

from functions.access.coverage import lacking, owner_granted
from functions.access.missing import Missing
from functions.access.policy import effective_policy
from tests.unit.access.tables.callers import rules
from tests.unit.access.tables.case import Case, equal

SERVER, CLIENT, ANY, CODE = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.3.6.1.5.5.7.3.3"
DNS: dict[str, object] = {"dns": ["*.pay.example.com", "pay.example.com"]}
DNS_SHOWN = "*.pay.example.com, pay.example.com"
TLS = "digitalSignature, keyAgreement, keyEncipherment"


def policy(
    *dns: str,
    subject: str = "",
    ekus: tuple[str, ...] = (SERVER,),
    x509: dict[str, object] | None = None,
    **more: object,
) -> dict[str, object]:
    """A policy for a server, with DNS names."""
    sans: dict[str, object] = {"dns_names": list(dns)} if dns else {}
    return {"x509_props": {"subject": subject, "sans": sans, "ekus": list(ekus), **(x509 or {})}, **more}


def lacks(limits: dict[str, object], asked: dict[str, object], owner: str = "", today: int = 0) -> list[str]:
    """What a row with these limits lacks: `field: asked; granted`."""
    (grant,) = rules([{"who": ["role:a"], "may": ["request"], **limits}]).grants
    found = lacking(grant.limits, effective_policy(asked, None), owner, today)
    return [f"{one.what}: {one.asked}; {', '.join(one.granted)}" for one in found]


def covered(title: str, limits: dict[str, object], asked: dict[str, object], owner: str = "") -> Case:
    return equal(f"covered: {title}", lacks, limits, asked, owner, gives=[])


def lacking_of(
    title: str,
    limits: dict[str, object],
    asked: dict[str, object],
    *gives: str,
    owner: str = "",
    today: int = 0,
) -> Case:
    return equal(f"not covered: {title}", lacks, limits, asked, owner, today, gives=list(gives))


UNKNOWN_PATH = "{} cannot be read, so no grant with limits covers it; "
OPEN_ROW = [
    covered(
        "everything, in a row without limits", {}, policy("*.a", subject="CN=x+O=y", ekus=(ANY,), more=1), owner="x"
    ),
    covered("nothing at all, in a row without limits", {}, {}),
    lacking_of(
        "what cannot be read, in a row with any limit",
        {"months": 12},
        {"more": 1},
        "policy: " + UNKNOWN_PATH.format("more"),
    ),
    lacking_of(
        "each of what cannot be read",
        {"months": 12},
        policy(subject="a", more=1),
        "policy: " + UNKNOWN_PATH.format("more"),
        "policy: " + UNKNOWN_PATH.format("x509_props.subject"),
    ),
    covered("any name, in a row that names none", {"months": 12}, policy("a.b", subject="O=x,CN=y", ekus=(ANY,))),
    covered("a CA and a wildcard, too", {"months": 12}, policy("*.b", x509={"basic_constraints": {"ca": True}})),
    covered("no name, in a row that names none", {"months": 12}, policy()),
]
NAMES = [
    covered("a name below", DNS, policy("a.pay.example.com")),
    covered("each name by some pattern", DNS, policy("a.pay.example.com", "pay.example.com")),
    covered("a common name that is granted", DNS, policy(subject="CN=a.pay.example.com")),
    covered("both", DNS, policy("a.pay.example.com", subject="CN=b.pay.example.com")),
    lacking_of(
        "another name", DNS, policy("a.pay.example.com", "a.hr.example.com"), f"dns: a.hr.example.com; {DNS_SHOWN}"
    ),
    lacking_of(
        "each other name", DNS, policy("x.com", "y.com"), f"dns: x.com; {DNS_SHOWN}", f"dns: y.com; {DNS_SHOWN}"
    ),
    lacking_of("no name", DNS, policy(), "policy: it has no name, and is granted by its names; "),
    lacking_of("another common name", DNS, policy("a.pay.example.com", subject="CN=x.com"), "subject: CN=x.com; "),
    lacking_of("one of two common names", DNS, policy(subject="CN=a.pay.example.com,CN=x.com"), "subject: CN=x.com; "),
    lacking_of(
        "an organization alone",
        DNS,
        policy(subject="O=Evil"),
        "policy: it has no name, and is granted by its names; ",
        "subject: O=Evil; ",
    ),
    lacking_of("a common name by its OID", DNS, policy(subject="2.5.4.3=x.com"), "subject: CN=x.com; "),
    *[
        lacking_of(
            f"{kind} in a row with dns",
            DNS,
            policy("a.pay.example.com", x509={"sans": {kind: [name]}}),
            f"{field}: {name}; ",
        )
        for kind, field, name in [
            ("ipAddresses", "ips", "10.0.0.1"),
            ("emails", "emails", "a@example.com"),
            ("uris", "uris", "spiffe://e/a"),
            ("upns", "upns", "a@example.com"),
        ]
    ],
    *[
        covered(f"{name} by {field}", {field: [pattern]}, policy(x509={"sans": {kind: [name]}}))
        for kind, field, name, pattern in [
            ("ipAddresses", "ips", "10.0.0.1", "10.0.0.0/8"),
            ("emails", "emails", "a@example.com", "*@example.com"),
            ("uris", "uris", "spiffe://e/a", "spiffe://e/*"),
            ("upns", "upns", "a@example.com", "*@example.com"),
        ]
    ],
    *[
        lacking_of(
            f"dns and {other} in a row with {field}",
            {field: [pattern]},
            policy("a.b", x509={"sans": {"dns_names": ["a.b"], kind: [other]}}),
            *sorted(["dns: a.b; ", f"{field}: {other}; {pattern}"]),
        )
        for kind, field, other, pattern in [
            ("ipAddresses", "ips", "11.0.0.1", "10.0.0.0/8"),
            ("emails", "emails", "a@evil.com", "*@example.com"),
            ("uris", "uris", "spiffe://f/a", "spiffe://e/*"),
            ("upns", "upns", "a@evil.com", "*@example.com"),
        ]
    ],
    *[
        covered(f"{name} as a common name", {field: [pattern]}, policy(subject=f"CN={name}"))
        for field, name, pattern in [
            ("dns", "a.b", "*.b"),
            ("ips", "10.0.0.1", "10.0.0.0/8"),
            ("emails", "a@example.com", "*@example.com"),
            ("upns", "a@example.com", "*@example.com"),
        ]
    ],
    lacking_of(
        "a URI as a common name",
        {"uris": ["spiffe://e/*"]},
        policy(subject="CN=spiffe://e/a"),
        "subject: CN=spiffe://e/a; ",
    ),
    covered("a wildcard that is granted", {**DNS, "wildcard": True}, policy("*.pay.example.com")),
    lacking_of("a wildcard in a row with dns", DNS, policy("*.pay.example.com"), "wildcard: true; false"),
    lacking_of("a wildcard in a row with ips", {"ips": ["::/0"]}, policy("*.a"), "dns: *.a; ", "wildcard: true; false"),
    lacking_of("a wildcard as a common name", DNS, policy(subject="CN=*.pay.example.com"), "wildcard: true; false"),
    lacking_of("a wildcard where it is closed", {"wildcard": False}, policy("*.a"), "wildcard: true; false"),
    lacking_of(
        "another wildcard where they are granted",
        {**DNS, "wildcard": True},
        policy("*.example.com"),
        f"dns: *.example.com; {DNS_SHOWN}",
    ),
]
CN = "a.pay.example.com"
SUBJECTS = [
    lacking_of("a granted name in another field", DNS, policy(CN, subject=f"O={CN}"), f"subject: O={CN}; "),
    covered("nothing between two ends", {**DNS, "subject": ["O=a*b"]}, policy(CN, subject="O=ab")),
    lacking_of("a star in the value is a letter", {"subject": ["O=a"]}, policy(subject="O=*"), "subject: O=*; O=a"),
    covered("a field", {**DNS, "subject": ["O=Example"]}, policy(subject=f"CN={CN},O=Example")),
    covered("a field in quotes", {**DNS, "subject": ['O="Ex, Inc."']}, policy(subject=f'CN={CN},O="Ex, Inc."')),
    covered("a type in other letters", {**DNS, "subject": ["o=Example"]}, policy(subject=f"CN={CN},o=Example")),
    covered("the beginning of a field", {**DNS, "subject": ["OU=Pay*"]}, policy(subject=f"CN={CN},OU=Payments")),
    covered("the end of a field", {**DNS, "subject": ["OU=*ments"]}, policy(subject=f"CN={CN},OU=Payments")),
    covered("both ends of a field", {**DNS, "subject": ["OU=P*s"]}, policy(subject=f"CN={CN},OU=Payments")),
    covered("one field by one of two", {**DNS, "subject": ["C=DE", "OU=*"]}, policy(subject=f"CN={CN},OU=x,C=DE")),
    covered("a common name that is no host", {**DNS, "subject": ["CN=Pay *"]}, policy(subject="CN=Pay Web")),
    lacking_of(
        "other letters",
        {**DNS, "subject": ["O=Example"]},
        policy(subject=f"CN={CN},O=EXAMPLE"),
        "subject: O=EXAMPLE; O=Example",
    ),
    lacking_of(
        "a longer value", {**DNS, "subject": ["O=Ex"]}, policy(subject=f"CN={CN},O=Exa"), "subject: O=Exa; O=Ex"
    ),
    lacking_of(
        "another beginning", {**DNS, "subject": ["O=b*"]}, policy(subject=f"CN={CN},O=ab"), "subject: O=ab; O=b*"
    ),
    lacking_of("another end", {**DNS, "subject": ["O=*b"]}, policy(subject=f"CN={CN},O=ba"), "subject: O=ba; O=*b"),
    lacking_of(
        "ends that share a letter", {**DNS, "subject": ["O=a*a"]}, policy(subject=f"CN={CN},O=a"), "subject: O=a; O=a*a"
    ),
    lacking_of("another type", {**DNS, "subject": ["O=*"]}, policy(subject=f"CN={CN},OU=a"), "subject: OU=a; O=*"),
    lacking_of(
        "a field, where no names are limited", {"subject": ["O=a"]}, policy("x", subject="CN=x"), "subject: CN=x; O=a"
    ),
    covered("only the field, where no names are limited", {"subject": ["O=a"]}, policy("x", subject="O=a")),
]
NAME = (CN,)
USAGES = [
    covered("no client, where none is asked for", DNS, policy(*NAME)),
    lacking_of("a client", DNS, policy(*NAME, ekus=(SERVER, CLIENT)), "ekus: clientAuth; serverAuth"),
    lacking_of("Key Vault's default", DNS, {"x509_props": {"subject": f"CN={CN}"}}, "ekus: clientAuth; serverAuth"),
    lacking_of("any usage", DNS, policy(*NAME, ekus=()), "ekus: anyExtendedKeyUsage; serverAuth"),
    covered(
        "a client that is named", {**DNS, "ekus": ["serverAuth", "clientAuth"]}, policy(*NAME, ekus=(SERVER, CLIENT))
    ),
    covered("by OID", {**DNS, "ekus": [CODE]}, policy(*NAME, ekus=(CODE,))),
    covered("any of them", {**DNS, "ekus": ["*"]}, policy(*NAME, ekus=())),
    lacking_of(
        "a server, where it is not named",
        {**DNS, "ekus": ["clientAuth"]},
        policy(*NAME),
        "ekus: serverAuth; clientAuth",
    ),
    lacking_of(
        "a usage, where no names are limited", {"ekus": [SERVER]}, policy(ekus=(CODE,)), "ekus: codeSigning; serverAuth"
    ),
    lacking_of("anyExtendedKeyUsage is not all", {"ekus": [ANY]}, policy(), "ekus: serverAuth; anyExtendedKeyUsage"),
    covered("the usages of TLS", DNS, policy(*NAME, x509={"key_usage": ["digitalSignature", "keyAgreement"]})),
    lacking_of(
        "keyCertSign", DNS, policy(*NAME, x509={"key_usage": ["keyCertSign"]}), f"key_usage: keyCertSign; {TLS}"
    ),
    covered(
        "keyCertSign that is named",
        {**DNS, "key_usage": ["keyCertSign"]},
        policy(*NAME, x509={"key_usage": ["keyCertSign"]}),
    ),
    lacking_of(
        "a usage of TLS that is not among those named",
        {"key_usage": ["cRLSign"]},
        policy(x509={"key_usage": ["keyAgreement"]}),
        "key_usage: keyAgreement; cRLSign",
    ),
    covered("all key usages", {**DNS, "key_usage": ["*"]}, policy(*NAME, x509={"key_usage": []})),
    lacking_of(
        "no key usage, which is all of them",
        {
            **DNS,
            "key_usage": [
                "keyCertSign",
                "cRLSign",
                "dataEncipherment",
                "nonRepudiation",
                "encipherOnly",
                "decipherOnly",
            ],
        },
        policy(*NAME, x509={"key_usage": []}),
        *[
            f"key_usage: {one}; cRLSign, dataEncipherment, decipherOnly, encipherOnly, keyCertSign, nonRepudiation"
            for one in ("digitalSignature", "keyAgreement", "keyEncipherment")
        ],
    ),
]
CA: dict[str, object] = {"basic_constraints": {"ca": True}}
VALUES = [
    covered("an issuer", {"issuers": ["Digi*"]}, policy(issuer={"name": "digicert"})),
    lacking_of(
        "another issuer", {"issuers": ["DigiCert", "Corp"]}, policy(issuer={"name": "x"}), "issuers: x; DigiCert, Corp"
    ),
    lacking_of("Key Vault's default issuer", {"issuers": ["DigiCert"]}, policy(), "issuers: Unknown; DigiCert"),
    covered("a key", {"keys": ["EC:P-256", "RSA:2048..4096"]}, policy(key_props={"key_size": 3072})),
    lacking_of("another key", {"keys": ["RSA:3072..4096", "EC"]}, policy(), "keys: RSA:2048; RSA:3072..4096, EC"),
    lacking_of("a key in an HSM", {"keys": ["RSA"]}, policy(key_props={"kty": "RSA-HSM"}), "keys: RSA-HSM:2048; RSA"),
    covered("as many months", {"months": 12}, policy()),
    covered("fewer months", {"months": 13}, policy()),
    lacking_of("more months", {"months": 11}, policy(), "months: 12; up to 11"),
    lacking_of("an exportable key", {"exportable": False}, policy(), "exportable: true; false"),
    covered("a key that stays", {"exportable": False}, policy(key_props={"exportable": False})),
    covered("an exportable key that is granted", {"exportable": True}, policy()),
    covered("an exportable key in a row with dns", DNS, policy(*NAME)),
    lacking_of(
        "a key used again", {"reuse_key": False}, policy(key_props={"reuse_key": True}), "reuse_key: true; false"
    ),
    covered("a key used again, unless closed", DNS, policy(*NAME, key_props={"reuse_key": True})),
    covered("a new key", {"reuse_key": False}, policy()),
    lacking_of("renewal for ever", {"auto_renew": False}, policy(issuer={"name": "D"}), "auto_renew: true; false"),
    covered("renewal for ever, unless closed", DNS, policy(*NAME, issuer={"name": "D"})),
    covered("no renewal", {"auto_renew": False}, policy()),
    lacking_of("a CA in a row with dns", DNS, policy(*NAME, x509=CA), "ca: true; false"),
    lacking_of("a CA where it is closed", {"ca": False}, policy(x509=CA), "ca: true; false"),
    covered("a CA that is granted", {**DNS, "ca": True}, policy(*NAME, x509=CA)),
    lacking_of("the twenty-first of a day", {"a_day": 20}, policy(), "a_day: number 21 of today; 20", today=20),
    equal("covered: the twentieth of a day", lacks, {"a_day": 20}, policy(), "", 19, gives=[]),
    covered("no owner", {"owners": ["*@example.com"]}, policy()),
    covered("an owner", {"owners": ["*@example.com"]}, policy(), owner="Ann <ann@example.com>"),
    covered("any owner, unless closed", DNS, policy(*NAME), owner="x@evil.com"),
    lacking_of(
        "another owner",
        {"owners": ["*@example.com"]},
        policy(),
        "owners: x@evil.com; *@example.com",
        owner="x@evil.com",
    ),
    lacking_of(
        "all that is missing is told, in order",
        {**DNS, "months": 1, "issuers": ["D"], "exportable": False},
        policy("x.com", subject="O=a", ekus=(CODE,)),
        f"dns: x.com; {DNS_SHOWN}",
        "ekus: codeSigning; serverAuth",
        "exportable: true; false",
        "issuers: Unknown; D",
        "months: 12; up to 1",
        "subject: O=a; ",
    ),
]
OWNERS = [
    equal(f"{owner!r} is granted by {patterns}: {gives}", owner_granted, tuple(patterns), owner, gives=gives)
    for patterns, owner, gives in [
        (["*@example.com"], "ann@example.com", True),
        (["*@example.com"], "ann@example.com; Bob <bob@EXAMPLE.com>", True),
        (["*@example.com"], "evil@other.net, ann@example.com", False),
        (["*@example.com"], "ann@example.com, evil@other.net", False),
        (["*@example.com"], "evil@@other.net@example.com", False),
        (["*"], "evil@@other.net", False),
        (["team-*"], "team-pay", True),
        (["team-*"], "team-pay; ann@example.com", False),
        (["team-*", "*@example.com"], "team-pay; ann@example.com", True),
        (["team-*"], "hr", False),
        (["*"], "anybody", True),
        (["*@example.com"], ", ".join(f"a{i}@example.com" for i in range(11)), False),
    ]
]
SENTENCES = [
    equal(
        "what is missing is a sentence",
        lambda: Missing("dns", "x.com", ("*.a", "b")).sentence,
        gives="dns: x.com is not granted to you. Granted: *.a, b.",
    ),
    equal(
        "nothing is granted",
        lambda: Missing("dns", "x", ()).sentence,
        gives="dns: x is not granted to you. Granted: nothing.",
    ),
    equal(
        "what cannot be read", lambda: Missing("policy", "a cannot be read").sentence, gives="policy: a cannot be read."
    ),
    equal("a verb is a place", lambda: Missing("verb", "x").is_place, gives=True),
    equal("a field is none", lambda: Missing("dns", "x").is_place, gives=False),
]
CASES: list[Case] = [*OPEN_ROW, *NAMES, *SUBJECTS, *USAGES, *VALUES, *OWNERS, *SENTENCES]
