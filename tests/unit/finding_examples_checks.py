"""Examples of findings about what a certificate says, at a terminal, and at the merge."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.certificates import CLIENT, DAY, SERVER, Wish, csr_of, ip, pem, resigned
from tests.unit.finding_chains import (
    CHAIN,
    CODE_SIGNING,
    CSR,
    DEFAULT,
    GOOD,
    HOST,
    ISSUING,
    KEY,
    LONG,
    MAIL,
    NO_NAME,
    OF_OLD_ROOT,
    OLD_ROOT,
    PUBLIC,
    ROOT,
    RSA_ISSUING,
    SHA1_ISSUING,
    SHORT_KEY,
    SHORT_RSA,
    SUBJECT,
    TWO_NAMES,
    leaf,
    odd,
    old_ca,
    signed,
    signed_as_a_ca,
    with_more,
)
from tests.unit.finding_example import Example, always, at_a_terminal, dropped
from tests.unit.finding_worlds import observing, refusing

OF_THE_CHECKS: list[Example] = [
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
    Example("not-compared", always(signed()), ("could not be compared", "--csr"), look=at_a_terminal),
    # the merge
    Example("refused-by-key-vault", refusing, ("Forbidden: Merge is forbidden", "cancel it first"), look=dropped),
    Example("vault-observed", observing, ("'main'", "CERTFLOW_VAULTS", "take ':observe' out"), look=dropped),
]
