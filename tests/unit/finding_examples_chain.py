"""Examples of findings about a chain: what is missing, who may sign, who is trusted."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509

from tests.certificates import Wish, csr_of, damaged, pem
from tests.unit.finding_chains import (
    ANOTHER_SERIAL,
    BELOW_SHORT,
    CHAIN,
    CROSS,
    GOOD,
    HOST,
    ISSUING,
    KEY,
    LEAF,
    LONG,
    MAIL,
    MAIL_CA,
    NO_NAME,
    OF_OLD_ROOT,
    OLD_ROOT,
    OWN,
    PROXY,
    ROOT,
    ROOT_SHA256,
    SHORT_ROOT,
    STRANGER,
    SUBJECT,
    URL,
    USER,
    another_generation,
    leaf,
    limited,
    many_of_one_name,
    non_ca_signs,
    renewed_below,
    renewed_for_all,
    signed,
    too_deep,
    with_more,
)
from tests.unit.finding_example import Example, always
from tests.unit.finding_worlds import (
    denied,
    merged_before,
    needing_approval,
    not_approved,
    too_many_to_search,
    trusting_a_server_too,
    unforeseen,
    untrusting,
)

OF_THE_CHAIN: list[Example] = [
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
    Example("awaiting-approval", needing_approval, ("for web in vault main", "by itself")),
    Example("not-approved", not_approved, ("was refused already", "Start it with Certflow")),
    Example("not-approved", denied, ("the access file denies it: a freeze.", "Ask whoever may write the access file")),
    Example("search-unfinished", too_many_to_search, ("in 0 of 1 vaults", "main", "next inventory scan")),
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
]
