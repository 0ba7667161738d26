"""Examples of findings about a file: whether it can be read, and whose it is."""

from __future__ import annotations

from functions.chains.parsing.parse import MAX_FILE_BYTES
from tests.certificates import Ca, csr_of, ec_key, pem
from tests.clock import fixed_now
from tests.unit.finding_chains import (
    CSR_PEM,
    HOST,
    ISSUING,
    LEAF,
    ROOT,
    SECRET,
    STRANGER,
    SUBJECT,
    encrypted,
    signed,
    zipped,
)
from tests.unit.finding_example import Example, always, merged_over_http
from tests.unit.finding_worlds import a_version, ended

OF_THE_FILE: list[Example] = [
    # reading the file
    Example("empty-file", always(b" \r\n"), ("empty", "once more")),
    Example("too-large", always(b"x" * (MAX_FILE_BYTES + 1)), ("1,048,576",)),
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
]
