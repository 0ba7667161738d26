"""The zip of CSRs: what stands in it, under which names, and what a spreadsheet makes of its manifest."""

from __future__ import annotations

import codecs
import csv
import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import SubjectAlternativeName
from cryptography.x509.oid import NameOID

from functions.app.csr_zip import zip_of
from functions.model.messages import Line
from functions.x509.public_keys import key_sha256
from functions.x509.san import asked_names

MADE = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)
TO = "https://storage.example/chains"


def csr_of(
    name: str, *names: x509.GeneralName, extension: x509.ExtensionType | None = None
) -> x509.CertificateSigningRequest:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names or extension:
        builder = builder.add_extension(extension or SubjectAlternativeName(names), critical=False)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), SHA256())


def test_each_csr_lies_under_its_vault_and_name_and_the_manifests_say_what_it_is_for() -> None:
    csrs = [csr_of("a.example.com"), csr_of("b.example.com")]
    lines = [
        Line("prod", "web", "1" * 32, "a.example.com www.a.example.com", "ann@example.com", MADE),
        Line("test", "web", "2" * 32),
    ]
    pems = [csr.public_bytes(Encoding.PEM) for csr in csrs]
    content = zip_of(list(zip(lines, pems, strict=True)), TO, MADE)
    assert content == zip_of(list(zip(lines, pems, strict=True)), TO, MADE)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.namelist() == ["manifest.csv", "manifest.json", "prod/web.csr", "test/web.csr"]
    assert [archive.read(name) for name in archive.namelist()[2:]] == pems
    told = json.loads(archive.read("manifest.json"))
    assert (told["made"], told["returns_to"]) == (MADE.isoformat(), TO)
    assert told["csrs"][0] == {
        "file": "prod/web.csr",
        "vault": "prod",
        "name": "web",
        "subject": "CN=a.example.com",
        "names": ["a.example.com", "www.a.example.com"],
        "owner": "ann@example.com",
        "since": MADE.isoformat(),
        "request_id": "1" * 32,
        "key_sha256": key_sha256(csrs[0]),
    }
    assert archive.read("manifest.csv").startswith(codecs.BOM_UTF8)  # by which Excel knows it
    head, first, second = csv.reader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig")))
    assert dict(zip(head, first, strict=True)) == {
        "File": "prod/web.csr",
        "Vault": "prod",
        "Certificate": "web",
        "Subject": "CN=a.example.com",
        "Names": "a.example.com www.a.example.com",
        "Owner": "ann@example.com",
        "Asked for": "2026-03-04 05:06 UTC",
        "SHA-256 of its key": key_sha256(csrs[0]),
    }
    assert second[4:7] == ["", "", ""]


def test_no_cell_of_the_manifest_is_a_formula() -> None:
    line = Line("prod", "web", "1" * 32, "=cmd|x", '=HYPERLINK("https://evil.example","x")@example.com', MADE)
    content = zip_of([(line, csr_of("a").public_bytes(Encoding.PEM))], TO, MADE)
    rows = csv.reader(io.StringIO(zipfile.ZipFile(io.BytesIO(content)).read("manifest.csv").decode("utf-8-sig")))
    cells = [cell for row in rows for cell in row]
    assert "'=cmd|x" in cells
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]


@pytest.mark.parametrize("owner", ["a@example.com;=cmd|x", "a;  +1", "\t=1", "\n-1", "＝1", "a;＠SUM(A1)", "a\n=1"])
def test_none_is_in_a_country_where_semicolons_part_cells(owner: str) -> None:
    line = Line("prod", "web", "1" * 32, "a", owner, MADE)
    content = zip_of([(line, csr_of("a").public_bytes(Encoding.PEM))], TO, MADE)
    text = zipfile.ZipFile(io.BytesIO(content)).read("manifest.csv").decode("utf-8-sig")
    for delimiter in ",;":
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
        assert len(rows) == 2
        assert not [cell for row in rows for cell in row if cell.strip()[:1] in set("=+-@＝＠")]


def test_the_names_of_a_csr_are_one_line_dns_names_first_and_of_very_many_the_first() -> None:
    odd = csr_of("x", x509.RFC822Name("ann@example.com"), x509.DNSName("b.example.com"), x509.DNSName("A.example.com"))
    assert asked_names(odd.public_bytes(Encoding.DER)) == "a.example.com b.example.com ann@example.com"
    assert asked_names(csr_of("x").public_bytes(Encoding.DER)) == ""
    assert asked_names(csr_of("Web.example.com").public_bytes(Encoding.DER)) == "web.example.com"
    assert asked_names(csr_of("A Server").public_bytes(Encoding.DER)) == ""
    other = csr_of("web.example.com", x509.RFC822Name("ann@example.com"))
    assert asked_names(other.public_bytes(Encoding.DER)) == "ann@example.com"
    many = csr_of("x", *(x509.DNSName(f"host-{n:03}.example.com") for n in range(100)))
    line = asked_names(many.public_bytes(Encoding.DER))
    assert 900 < len(line) <= 1000
    assert line.split()[0] == "host-000.example.com"
    assert line.split()[-1].endswith(".example.com")
    unreadable = x509.UnrecognizedExtension(SubjectAlternativeName.oid, b"\x01")
    assert asked_names(csr_of("x", extension=unreadable).public_bytes(Encoding.DER)) == ""
    hostile = csr_of("x", x509.DNSName("a b\n.example"))
    assert asked_names(hostile.public_bytes(Encoding.DER)) == "a_b\\n.example"
