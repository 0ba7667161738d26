"""What patterns describe, and what they never do."""

from __future__ import annotations

from functions.access.matching.dns_names import is_granted, labels_of, read_pattern
from functions.access.matching.keys import read_key
from functions.access.matching.other_names import (
    ip_granted,
    mail_granted,
    read_mail_pattern,
    read_network,
    read_uri_pattern,
    uri_granted,
)
from functions.access.matching.patterns import covers, matches, matches_any, overlap
from functions.access.matching.subject import SubjectField, read_subject
from tests.unit.access.tables.case import Case, equal, refused

MATCHES = [
    *[
        equal(f"{pattern} describes {text!r}", matches, pattern, text, gives=True)
        for pattern, text in [
            ("prod-pay", "prod-pay"),
            ("prod-pay", "PROD-Pay"),
            ("PROD-pay", "prod-pay"),
            ("*", ""),
            ("*", "anything"),
            ("pay-*", "pay-"),
            ("pay-*", "pay-web"),
            ("*-pay", "prod-pay"),
            ("*-pay", "-pay"),
            ("p*d-p*y", "prod-pay"),
            ("a*b*c", "abc"),
            ("a*b*c", "a-b-b-c"),
            ("*b*", "abc"),
            ("a**c", "ac"),
            ("a*bc*c", "abcc"),
            ("*ab*ab*", "abab"),
            ("a*a", "aa"),
        ]
    ],
    *[
        equal(f"{pattern} does not describe {text!r}", matches, pattern, text, gives=False)
        for pattern, text in [
            ("prod-pay", "prod-pay2"),
            ("prod-pay", "xprod-pay"),
            ("pay-*", "pay"),
            ("pay-*", "xpay-a"),
            ("*-pay", "prod-pays"),
            ("a*b*c", "acb"),
            ("a*b*c", "ac"),
            ("a*a", "a"),
            ("a*bc*c", "abc"),
            ("*ab*ab*", "aba"),
            ("a*b*", "ca-b"),
            ("k*", "\u212aelvin"),  # the Kelvin sign is k in lower case
            ("*", "zürich"),
        ]
    ],
    equal("one of several patterns is enough", matches_any, ("a", "b*"), "bc", gives=True),
    equal("no pattern describes nothing", matches_any, (), "a", gives=False),
    equal("no patterns are no limit", covers, (), "a", gives=True),
    equal("no patterns are no limit for the whole app", covers, (), None, gives=True),
    equal("patterns are a limit", covers, ("a", "b"), "c", gives=False),
    equal("one pattern covers it", covers, ("a", "b"), "b", gives=True),
    equal("only a star covers the whole app", covers, ("a*", "b"), None, gives=False),
    equal("a star covers the whole app", covers, ("a", "*"), None, gives=True),
]
OVERLAP = [
    equal(f"{one} and {other}: {gives}", overlap, *pair, gives=gives)
    for one, other, gives in [
        ("a", "a", True),
        ("a", "A", True),
        ("a", "b", False),
        ("a", "ab", False),
        ("prod-*", "prod-pay", True),
        ("prod-*", "*-pay", True),
        ("prod-*", "test-*", False),
        ("*", "*", True),
        ("*", "", True),
        ("a*", "", False),
        ("a*c", "ab*", True),
        ("a*c", "*b", False),
        ("*a*", "*b*", True),
        ("ab*", "a*b", True),
        ("a*b", "a", False),
        ("", "", True),
    ]
    for pair in ((one, other), (other, one))
]
LONG_LABEL = "a" * 63
LONG_NAME = ".".join(["a" * 49] * 5) + ".abc"  # 253
DNS = [
    *[
        equal(f"{pattern} grants {name}", is_granted, pattern, name, gives=True)
        for pattern, name in [
            ("www.example.com", "www.example.com"),
            ("www.example.com", "WWW.Example.COM"),
            ("*.example.com", "a.example.com"),
            ("*.example.com", "a.b.c.example.com"),
            ("*.example.com", "*.example.com"),
            ("*.example.com", "*.a.example.com"),
            ("*", "a.b"),
            ("*", "host"),
            ("*", "*.com"),
            ("web01", "web01"),
            ("*.example.com", "xn--mnchen-3ya.example.com"),
            ("*.example.com", "_dmarc.example.com"),
            ("*.example.com", f"{LONG_LABEL}.example.com"),
            ("*", LONG_NAME),
            ("*.example.com", "1.example.com"),
        ]
    ],
    *[
        equal(f"{pattern} does not grant {name!r}", is_granted, pattern, name, gives=False)
        for pattern, name in [
            ("www.example.com", "ww.example.com"),
            ("www.example.com", "a.www.example.com"),
            ("www.example.com", "*.www.example.com"),
            ("www.example.com", "*.example.com"),
            ("*.example.com", "example.com"),
            ("*.example.com", "badexample.com"),
            ("*.example.com", "a.example.com.evil.net"),
            ("*.example.com", "a.example.org"),
            ("*.example.com", "a.example.com."),
            ("*.example.com", ".example.com"),
            ("*.example.com", "a..example.com"),
            ("*.example.com", "w*.example.com"),
            ("*.example.com", "a.*.example.com"),
            ("*.example.com", "*.*.example.com"),
            ("*.example.com", "-a.example.com"),
            ("*.example.com", "a-.example.com"),
            ("*.example.com", "a b.example.com"),
            ("*.example.com", "a\x00.example.com"),
            ("*.example.com", "a\n.example.com"),
            ("*.example.com", "münchen.example.com"),
            ("*.example.com", "a.ex\u0430mple.com"),  # a Cyrillic a
            ("*.example.com", "a\u3002example.com"),  # an ideographic full stop
            ("*.paypal.com", "www.xn--pypal-4ve.com"),
            ("*.example.com", f"a{LONG_LABEL}.example.com"),
            ("*", f"a{LONG_NAME}"),
            ("*", ""),
            ("*", "*"),
            ("*", "10.0.0.1"),
            ("*", "a.1"),
            ("*", "1"),
            ("*", "a/b.com"),
            ("*", "https://a.com"),
            ("*", "a@b.com"),
            ("*.k.example.com", "a.\u212a.example.com"),
        ]
    ],
    equal("labels are in lower case", labels_of, "*.Example.COM", gives=("*", "example", "com")),
    equal("a pattern is in lower case", read_pattern, "*.Example.COM", gives=("*", "example", "com")),
    equal("a star is a pattern", read_pattern, "*", gives=("*",)),
    equal("a name is a pattern", read_pattern, "host", gives=("host",)),
    *[
        refused(f"{text!r} is no pattern", read_pattern, text, says=says)
        for text, says in [
            ("w*.example.com", "'w*.example.com' is no pattern"),
            ("a.*.com", "only at the beginning"),
            ("**", "is no pattern"),
            ("example.*", "is no pattern"),
            ("example.com.", "is no pattern"),
            ("münchen.de", "xn--"),
            ("", "is no pattern"),
            ("10.0.0.1", "is no pattern"),
            ("a b", "is no pattern"),
        ]
    ],
]
OTHER_NAMES = [
    equal("a network has an address", ip_granted, "10.1.0.0/16", "10.1.255.1", gives=True),
    equal("a network has no other address", ip_granted, "10.1.0.0/16", "10.2.0.1", gives=False),
    equal("an address is a network", ip_granted, "10.1.0.1", "10.1.0.1", gives=True),
    equal("IPv6 too, however it is written", ip_granted, "2001:db8::/32", "2001:0DB8::1", gives=True),
    equal("IPv4 is in no network of IPv6", ip_granted, "::/0", "10.0.0.1", gives=False),
    equal("a name is no address", ip_granted, "0.0.0.0/0", "a", gives=False),
    equal("an octal address is none", ip_granted, "0.0.0.0/0", "010.0.0.1", gives=False),
    equal("an address with a zone is none", ip_granted, "fe80::/10", "fe80::1%eth0", gives=False),
    equal("a network is read", lambda text: str(read_network(text)), "10.0.0.0/8", gives="10.0.0.0/8"),
    refused("bits beside the network are a mistake", read_network, "10.1.0.1/16", says="host bits"),
    refused("a name is no network", read_network, "a", says="10.1.0.0/16"),
    equal("an address in a domain", mail_granted, "*@example.com", "Ann@Example.com", gives=True),
    equal("not in another domain", mail_granted, "*@example.com", "ann@example.com.evil.net", gives=False),
    equal("not with two at signs", mail_granted, "*@example.com", "a@evil.net@example.com", gives=False),
    equal("not two addresses", mail_granted, "*@example.com", "a@evil.net,b@example.com", gives=False),
    equal("not a name", mail_granted, "*", "ann", gives=False),
    equal("any address", mail_granted, "*", "ann@evil.net", gives=True),
    equal("a star alone", read_mail_pattern, "*", gives="*"),
    equal("a domain", read_mail_pattern, "*@Example.com", gives="*@Example.com"),
    equal("below a domain", read_mail_pattern, "*@*.example.com", gives="*@*.example.com"),
    equal("an address", read_mail_pattern, "ann@example.com", gives="ann@example.com"),
    refused("no at sign", read_mail_pattern, "*example.com", says="*@example.com"),
    refused("a star in a domain", read_mail_pattern, "*@ex*.com", says="is no pattern"),
    refused("a star at its end", read_mail_pattern, "*@example.*", says="is no pattern"),
    refused("two at signs", read_mail_pattern, "a@b@example.com", says="is no pattern"),
    equal("a URI itself", uri_granted, "spiffe://e.com/a", "spiffe://e.com/a", gives=True),
    equal("no longer URI", uri_granted, "spiffe://e.com/a", "spiffe://e.com/ab", gives=False),
    equal("below a URI", uri_granted, "spiffe://e.com/pay/*", "spiffe://e.com/pay/web/1", gives=True),
    equal("not the folder alone", uri_granted, "spiffe://e.com/pay/*", "spiffe://e.com/pay/", gives=False),
    equal("not beside it", uri_granted, "spiffe://e.com/pay/*", "spiffe://e.com/payroll/a", gives=False),
    equal("letter by letter", uri_granted, "spiffe://e.com/*", "SPIFFE://E.com/a", gives=False),
    *[
        equal(
            f"{name!r} is never granted", uri_granted, "spiffe://e.com/pay/*", f"spiffe://e.com/pay/{name}", gives=False
        )
        for name in (
            "../hr",
            "..",
            ".",
            "./a",
            "%2e%2e/hr",
            "%2E./hr",
            "a%2fb",
            "a\\b",
            "a%5cb",
            "a b",
            "a\n",
            "ä",
            "*",
        )
    ],
    equal("a path with dots in words", uri_granted, "spiffe://e.com/*", "spiffe://e.com/a..b/.c", gives=True),
    equal("a URI", read_uri_pattern, "spiffe://e.com/web", gives="spiffe://e.com/web"),
    equal("a URI without a path", read_uri_pattern, "spiffe://e.com", gives="spiffe://e.com"),
    equal("all of a host", read_uri_pattern, "spiffe://e.com/*", gives="spiffe://e.com/*"),
    *[
        refused(f"{text!r} is no pattern", read_uri_pattern, text, says="slash after its host")
        for text in (
            "spiffe://e.com*",
            "spiffe://*",
            "spiffe:///a",
            "*",
            "e.com/*",
            "://e.com/*",
            "sp*://e.com/a",
            "spiffe://e.com/*/a",
            "spiffe://e.com/../a",
            "s p://e.com/a",
        )
    ],
]
SUBJECT = [
    equal(f"{text!r} is read", read_subject, text, gives=tuple(SubjectField(*one) for one in fields))
    for text, fields in [
        ("", []),
        ("  ", []),
        ("CN=a.example.com", [("CN", "a.example.com")]),
        ("cn = A , o=Example GmbH", [("CN", "A"), ("O", "Example GmbH")]),
        ('O="Example, Inc.", CN=a', [("O", "Example, Inc."), ("CN", "a")]),
        ('CN=a,O="Example"', [("CN", "a"), ("O", "Example")]),
        ("CN=a,CN=b", [("CN", "a"), ("CN", "b")]),
        ("2.5.4.3=a", [("CN", "a")]),
        ("OID.2.5.4.3=a", [("CN", "a")]),
        ("CommonName=a", [("CN", "a")]),
        ("OID.2.5.4.10=a", [("OID.2.5.4.10", "a")]),
        ("O=Zürich", [("O", "Zürich")]),
        ("CN=*.a.com", [("CN", "*.a.com")]),
    ]
] + [
    refused(f"{text!r} can be read in two ways", read_subject, text, says=says)
    for text, says in [
        ("a", "no field"),
        ("CN=a,", "second meaning"),
        ("CN=a,,O=b", "no type"),
        ("\u017fN=a", "no type"),  # a long s is S in upper case
        ("CN=", "second meaning"),
        ("CN=,O=b", "second meaning"),
        ("=a", "no type"),
        ("C N=a", "no type"),
        ("CÑ=a", "no type"),
        ("CN=a+O=b", "second meaning"),
        ("CN=a;O=b", "second meaning"),
        ("CN=a\\,O=b", "second meaning"),
        ("CN=a=b", "second meaning"),
        ("CN=#0c01", "second meaning"),
        ("CN=<a>", "second meaning"),
        ("CN=a\nO=b", "second meaning"),
        ("CN=a\tb", "second meaning"),
        ('CN="a', "quotation"),
        ('CN="a"b', "quotation"),
        ('CN="a" x,O=b', "quotation"),
        ('CN="a", ', "second meaning"),
        ('CN=a"b"', "second meaning"),
        ('CN="a+b"', "second meaning"),
        ('CN=""', "second meaning"),
        ("CN=a\u202eb", "second meaning"),
    ]
]
KEYS = [
    equal(f"{text} grants {sorted(keys)}", read_key, text, gives=frozenset(keys))
    for text, keys in [
        ("RSA:2048", {"RSA:2048"}),
        ("RSA:2048..4096", {"RSA:2048", "RSA:3072", "RSA:4096"}),
        ("RSA:3072..4096", {"RSA:3072", "RSA:4096"}),
        ("RSA:2048..3072", {"RSA:2048", "RSA:3072"}),
        ("RSA:4096..4096", {"RSA:4096"}),
        ("RSA", {"RSA:2048", "RSA:3072", "RSA:4096"}),
        ("RSA-HSM:3072", {"RSA-HSM:3072"}),
        ("RSA-HSM", {"RSA-HSM:2048", "RSA-HSM:3072", "RSA-HSM:4096"}),
        ("EC:P-256", {"EC:P-256"}),
        ("EC-HSM:P-521", {"EC-HSM:P-521"}),
        ("EC", {"EC:P-256", "EC:P-384", "EC:P-521", "EC:P-256K"}),
    ]
] + [
    refused(f"{text!r} is no key", read_key, text, says=says)
    for text, says in [
        ("DSA", "RSA, RSA-HSM, EC, EC-HSM"),
        ("rsa:2048", "is no kind of key"),
        ("RSA:", "2048, 3072, 4096"),
        ("RSA:1024", "2048, 3072, 4096"),
        ("RSA:4096..2048", "is no key of Key Vault"),
        ("RSA:2048..", "is no key of Key Vault"),
        ("RSA:..4096", "is no key of Key Vault"),
        ("RSA:2048..5000", "is no key of Key Vault"),
        ("RSA:*", "is no key of Key Vault"),
        ("RSA:P-256", "is no key of Key Vault"),
        ("EC:2048", "P-256, P-384, P-521, P-256K"),
        ("EC:P-256..P-521", "is no key of Key Vault"),
        ("oct-HSM:P-256", "is no kind of key"),
        ("", "is no kind of key"),
    ]
]
CASES: list[Case] = [*MATCHES, *OVERLAP, *DNS, *OTHER_NAMES, *SUBJECT, *KEYS]
