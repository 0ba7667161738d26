"""What cannot be read is named, with what is wrong with it, and takes nothing else with it."""

from __future__ import annotations

import base64
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from functions.chains.parsing.contents import Collected, Contents
from functions.chains.parsing.key_stores import read_key_store
from functions.chains.parsing.parse import MAX_FILE_BYTES, _FileReader, parse
from functions.chains.parsing.signed_data import read_signed_data
from functions.model.findings import ChainProblem
from functions.x509.rewrite import attempt
from tests.certificates import Ca
from tests.clock import HANG, fixed_now
from tests.corpus import openssl
from tests.pkcs7 import DATA, SIGNED_DATA, ber
from tests.robustness.formats import CHAIN, CSR, LEAF, PEM, der
from tests.robustness.hostile import tlv
from tests.wrappings import WRAPPINGS, armoured, base64_of, lines_of, mail, tarred, wrapped, zipped

DERS = [der(one) for one in CHAIN]
BLOCKS = [armoured("CERTIFICATE", one) for one in DERS]


def p7b(*ders: bytes, content: bytes = b"") -> bytes:
    """PKCS#7 (RFC 2315 §9) of any certificates, as AD CS and OpenSSL write it: in the file's order."""
    signed = tlv(0x30, DATA, *([tlv(0xA0, tlv(4, content))] if content else []))
    return tlv(0x30, SIGNED_DATA, tlv(0xA0, tlv(0x30, b"\x02\x01\x01", tlv(0x31), signed, tlv(0xA0, *ders), tlv(0x31))))


def refusal(content: str | bytes) -> ChainProblem:
    with pytest.raises(ChainProblem) as caught:
        parse(content.encode() if isinstance(content, str) else content)
    return caught.value


def ders_of(contents: Contents) -> list[bytes]:
    return [one.der for one in contents.certificates]


def broken(content: bytes, within: bytes, offset: int = 4) -> bytes:
    """The content with a byte of a certificate changed: that of the tag of its TBSCertificate."""
    at = content.index(within) + offset
    return content[:at] + b"\x31" + content[at + 1 :]


# PKCS#7


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda some: pkcs7.serialize_certificates(some, Encoding.DER), id="cryptography"),
        pytest.param(lambda some: pkcs7.serialize_certificates(some, Encoding.PEM), id="cryptography, PEM"),
        pytest.param(lambda some: p7b(*map(der, some)), id="AD CS"),
        pytest.param(lambda some: armoured("CERTIFICATE", p7b(*map(der, some))).encode(), id="AD CS, base64"),
        pytest.param(lambda some: p7b(*map(der, reversed(some))), id="Sectigo"),
        pytest.param(lambda some: ber(*map(der, some)), id="indefinite lengths"),
        pytest.param(lambda some: armoured("PKCS7", ber(*map(der, some))).encode(), id="indefinite lengths, PEM"),
        pytest.param(lambda some: base64.encodebytes(ber(*map(der, some))), id="indefinite lengths, base64"),
        pytest.param(lambda some: p7b(*map(der, some))[19:], id="no ContentInfo"),
        pytest.param(lambda some: p7b(*map(der, some)) + b"\r\n", id="a line end behind it"),
        pytest.param(lambda some: p7b(*map(der, some), content=b"Your certificate."), id="with content"),
    ],
)
def test_a_p7b_is_read_as_its_writers_write_it_without_its_bytes_changed(
    write: Callable[[list[x509.Certificate]], bytes],
) -> None:
    contents = parse(write(list(CHAIN)))
    assert set(ders_of(contents)) == set(DERS)
    assert contents.findings == ()


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_a_p7b_of_openssl_is_read_and_an_upgrade_that_cannot_fails_here(tmp_path: Path, form: str) -> None:
    """OpenSSL writes BER, which `cryptography` has announced to read no more (pyca/cryptography#12936)."""
    (tmp_path / "chain.pem").write_bytes(PEM)
    made = openssl(tmp_path, "crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-outform", form)
    assert set(ders_of(parse(made))) == set(DERS)


def test_a_signed_mail_of_openssl_is_read_with_what_is_signed(tmp_path: Path) -> None:
    keys = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem")
    openssl(tmp_path, "req", "-x509", "-subj", "/CN=The CA's mails", *keys, "-out", "signer.pem")
    (tmp_path / "mail.txt").write_bytes(mail(PEM.decode()))
    signing = ("-sign", "-nodetach", "-in", "mail.txt", "-signer", "signer.pem", "-inkey", "key.pem")
    for form in ("DER", "SMIME"):
        made = openssl(tmp_path, "cms", *signing, "-outform", form)
        found = ders_of(parse(made))
        assert set(DERS) < set(found)
        assert len(found) == 1 + len(DERS)


def test_an_encrypted_mail_may_hold_a_key(tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_text(BLOCKS[0])
    made = openssl(tmp_path, "cms", "-encrypt", "-aes256", "-outform", "SMIME", "leaf.pem", stdin=b"hello")
    problem = refusal(made)
    assert problem.finding.code == "may-hold-private-key"
    assert "encrypted" in problem.finding.sentence


def test_a_p7b_without_certificates_is_named() -> None:
    assert "a PKCS#7 without certificates" in refusal(p7b()).finding.sentence


# One part does not take the others with it


@pytest.mark.parametrize("lost", range(len(DERS)))
@pytest.mark.parametrize("write", [p7b, ber, lambda *ders: b"".join(ders)], ids=["PKCS#7", "BER", "DER after DER"])
def test_a_certificate_that_cannot_be_read_is_named_and_the_others_count(
    write: Callable[..., bytes], lost: int
) -> None:
    contents = parse(broken(write(*DERS), DERS[lost]))
    assert set(ders_of(contents)) == {one for index, one in enumerate(DERS) if index != lost}
    assert len(contents.lost) == 1
    assert "damaged" in contents.lost[0].sentence


@pytest.mark.parametrize("lost", range(len(DERS)))
def test_a_certificate_whose_length_is_wrong_is_named_and_the_others_count(lost: int) -> None:
    contents = parse(broken(b"".join(DERS), DERS[lost], offset=2))
    assert set(ders_of(contents)) == {one for index, one in enumerate(DERS) if index != lost}
    assert contents.lost


def test_what_is_there_of_a_p7b_that_is_cut_off_counts() -> None:
    whole = p7b(*DERS)
    for content in (whole[:-300], base64.encodebytes(whole[:-300]), base64_of(whole)[:-400].encode()):
        contents = parse(content)
        assert ders_of(contents) == DERS[:2]
        assert "cut off" in " ".join(one.sentence for one in contents.lost)


def test_certificates_in_data_of_another_kind_are_read_and_that_is_said() -> None:
    contents = parse(b"CERT\0\0\1\7" + struct.pack(">I", len(DERS[0])) + DERS[0] + b"\0\1\2" + DERS[1])
    assert ders_of(contents) == DERS[:2]
    assert "data that is not known here" in contents.lost[0].sentence


# Blocks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BLOCKS[0][:300], "line 1: a CERTIFICATE block that has no end"),
        (BLOCKS[0].split("\n", 2)[2], "a CERTIFICATE block that has no beginning"),
        (BLOCKS[0].replace("\n", "\n*\n", 1)[:200] + BLOCKS[0][201:], "is cut off: "),
        (
            BLOCKS[0].split("\n", 2)[0] + "\n" + BLOCKS[0].split("\n", 2)[2],
            "line 1: a CERTIFICATE block that cannot be",
        ),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "line 1: a CERTIFICATE block that cannot be read"),
        (base64_of(DERS[0])[:300], "base64 of a certificate that is cut off: 225 of "),
        (f"Begin of certificate: {base64_of(DERS[0])[400:]}\n", "the words BEGIN CERTIFICATE"),
        (base64_of(DERS[0])[40:], "base64 of a certificate that is damaged"),
    ],
    ids=["no end", "no begin", "a letter lost", "first line lost", "empty", "cut off", "another form", "no beginning"],
)
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside others"])
def test_a_block_that_is_lost_is_named(text: str, said: str, *, beside: bool) -> None:
    if beside:
        contents = parse(f"{text}\n\n{BLOCKS[1]}".encode())
        assert ders_of(contents) == [DERS[1]]
        (finding,) = contents.lost
        assert finding.next_step.startswith("If the chain is not complete without it")
    else:
        finding = refusal(text).finding
        assert finding.code == "not-a-certificate"
        assert finding.next_step.startswith("Drop it once more, whole")
    assert said in finding.sentence


def test_base64_with_something_in_it_is_no_certificate_of_another_signature() -> None:
    """Whatever else was taken for base64 makes it longer, which shows."""
    letters = base64_of(DERS[0])
    for at in range(4, len(letters) - 4, 7):
        for noise in ("br", "12", "A", "2F", "AAAA"):
            spoilt = f"{letters[:at]}{noise}{letters[at:]}"
            for text in (spoilt, f"-----BEGIN CERTIFICATE-----\n{spoilt}\n-----END CERTIFICATE-----\n"):
                try:
                    found = ders_of(parse(text.encode()))
                except ChainProblem:
                    continue
                assert found == [DERS[0]], (at, noise)


@pytest.mark.parametrize("left", ["MIIC", "MIM4", "MIIB"])
def test_letters_that_are_left_over_are_no_further_certificate_though_they_begin_like_one(left: str) -> None:
    letters = base64_of(DERS[0]).rstrip("=")
    spoilt = f"{letters[:-80]}AAAA{letters[-80:]}"[: len(letters)] + left
    refusal(spoilt + "=" * (-len(spoilt) % 4))


@pytest.mark.parametrize(
    "text",
    [
        "Copy all from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE----- into a file.\n",
        "-----BEGIN CERTIFICATE-----\n(Your certificate: your_domain_name.crt)\n-----END CERTIFICATE-----\n",
        "The file begins with BEGIN CERTIFICATE.\n",
        "Please begin the certificate request now - begin with your certificate -\n",
    ],
)
def test_a_text_that_speaks_of_a_block_has_lost_none(text: str) -> None:
    for content in (f"{text}\n{PEM.decode()}".encode(), zipped({"read me.txt": text.encode(), "chain.pem": PEM})):
        contents = parse(content)
        assert ders_of(contents) == DERS
        assert contents.lost == ()


# What else is dropped


@pytest.mark.parametrize(
    ("content", "said", "step"),
    [
        (mail("Dear customer,\n\nit is attached.\n"), "a mail", "Drop the attachment"),
        ("<!DOCTYPE html><html><body>Hello</body></html>", "a web page (HTML)", "BEGIN CERTIFICATE"),
        ("<?xml version='1.0'?><a/>", "HTML or XML", "BEGIN CERTIFICATE"),
        ('{"status": "issued"}', "JSON", "Ask the CA for the certificate as a file"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF", "Ask the CA for the certificate as a file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a picture (PNG)", "Ask the CA"),
        ("HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", "the answer of a web server", "Ask the CA"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB a@b", "a public key of SSH", "Ask the CA"),
        (CSR, "a certificate request (CSR)", "Send the CSR to the CA"),
        (armoured("NEW CERTIFICATE REQUEST", CSR), "a certificate request (CSR)", "Send the CSR to the CA"),
        ("Grüße", "text", "Drop the certificate and its chain"),
        ("Grüße".encode("latin-1"), "text", "Drop the certificate and its chain"),
        (zipped({}), "an archive with no file in it", "Drop the certificate and its chain"),
        (bytes(20) + b"\1" * 20, "data that is not known here", "Drop the certificate and its chain"),
        ("Paste it from BEGIN CERTIFICATE on.", "the words BEGIN CERTIFICATE, and nothing after", "Drop it once more"),
    ],
)
def test_what_holds_no_certificate_is_called_what_it_is(content: str | bytes, said: str, step: str) -> None:
    finding = refusal(content).finding
    assert finding.code == "not-a-certificate"
    assert said in finding.sentence
    assert step in finding.next_step


def test_the_name_of_a_file_stays_as_it_is() -> None:
    contents = parse(zipped({"chain.pem": PEM, "notes.txt": b"hello", "tar.tar": tarred({"more.txt": b"bye"})}))
    said = [one.sentence for one in contents.findings]
    assert said == ["notes.txt holds text; it is not needed.", "more.txt in tar.tar holds text; it is not needed."]


def test_more_than_is_looked_at_is_said() -> None:
    for content in (b"x" * (MAX_FILE_BYTES + 1), tarred({f"{index}": b"" for index in range(1001)})):
        finding = refusal(content).finding
        assert finding.code == "too-large"
        assert "not all of it was read" in finding.sentence


# Key stores


def keytool(folder: Path, *arguments: str) -> None:
    command = ["keytool", "-noprompt", "-storepass", "changeit", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=HANG)


@pytest.mark.parametrize("options", [("-certpbe", "NONE"), ("-certpbe", "NONE", "-nomac"), ()])
def test_a_pfx_without_a_key_and_a_password_is_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "chain.pem").write_bytes(PEM)
    store = openssl(tmp_path, "pkcs12", "-export", "-nokeys", "-in", "chain.pem", "-passout", "pass:", *options)
    for content in (store, base64.encodebytes(store), armoured("PKCS12", store).encode(), zipped({"a.pfx": store})):
        contents = parse(content)
        assert set(ders_of(contents)) == set(DERS)
        assert contents.findings == ()


def test_a_pfx_that_asks_for_a_password_may_hold_a_key_and_one_that_shows_a_key_has_one(tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_bytes(PEM)
    store = openssl(tmp_path, "pkcs12", "-export", "-nokeys", "-in", "chain.pem", "-passout", "pass:secret")
    finding = refusal(store).finding
    assert finding.code == "may-hold-private-key"
    assert "asks for a password" in finding.sentence
    assert "exposed" not in finding.sentence + finding.next_step
    openssl(tmp_path, "genpkey", "-algorithm", "ED25519", "-out", "key.pem")
    (tmp_path / "leaf.pem").write_bytes(
        openssl(tmp_path, "req", "-x509", "-key", "key.pem", "-subj", "/CN=web.example.com")
    )
    for options in ((), ("-keypbe", "NONE", "-certpbe", "NONE")):
        files = ("-in", "leaf.pem", "-inkey", "key.pem", "-passout", "pass:secret")
        made = openssl(tmp_path, "pkcs12", "-export", *files, *options)
        assert refusal(made).finding.code == "contains-private-key"


def java_store(*entries: bytes, magic: int = 0xFEEDFEED) -> bytes:
    """A JKS (or JCEKS) of these entries, and the digest at its end."""
    return struct.pack(">III", magic, 2, len(entries)) + b"".join(entries) + bytes(20)


def java_entry(tag: int, der_: bytes) -> bytes:
    return struct.pack(">IH2sQH5sI", tag, 2, b"ca", 0, 5, b"X.509", len(der_)) + der_


@pytest.mark.parametrize("magic", [0xFEEDFEED, 0xCECECECE], ids=["JKS", "JCEKS"])
def test_a_java_key_store_of_certificates_is_read_and_one_with_a_key_has_one(magic: int) -> None:
    entries = [java_entry(2, one) for one in DERS]
    assert ders_of(parse(java_store(*entries, magic=magic))) == DERS
    for key in (java_entry(1, b"\x30\x00"), java_entry(3, b"\xac\xed")):
        assert refusal(java_store(*entries, key, magic=magic)).finding.code == "contains-private-key"
    assert refusal(java_store(*entries, magic=magic)[:-100]).finding.code == "may-hold-private-key"


def test_a_trust_store_of_keytool_is_read(tmp_path: Path) -> None:
    """By Java itself, where there is one: the layout above is taken from its source, not from a standard."""
    try:
        for index, block in enumerate(BLOCKS):
            (tmp_path / f"{index}.pem").write_text(block)
            keytool(tmp_path, "-importcert", "-alias", f"{index}", "-file", f"{index}.pem", "-keystore", "trust.jks",
                    "-storetype", "JKS")  # fmt: skip
    except FileNotFoundError:
        pytest.skip("there is no keytool on this machine, so that no key store of Java's own was read")
    assert set(ders_of(parse((tmp_path / "trust.jks").read_bytes()))) == set(DERS)


def test_what_is_none_of_these_is_left_to_others() -> None:
    for content in (b"", b"0", b"\x30\x80", PEM, DERS[0], b"\x30\x05\x02\x01\x03\x30\x00"):
        assert read_signed_data(content) is None
    for content in (b"", b"0", b"\x30\x80", PEM, DERS[0], p7b(*DERS)):
        assert read_key_store(content) is None
    assert LEAF.public_bytes(Encoding.DER) == DERS[0]


# Whatever else goes wrong


class PanicException(BaseException):
    """What pyo3 makes of a panic of Rust: no Exception, so that nobody catches it by chance."""


@pytest.mark.parametrize("error", [RuntimeError("key material"), RecursionError(), PanicException("assertion failed")])
def test_an_error_that_nobody_foresaw_is_a_finding_and_the_log_has_its_kind_alone(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(*_arguments: object, **_more: object) -> int:
        raise error

    reader, found = _FileReader(), Collected()
    reader.der.read = failing  # type: ignore[method-assign]
    reader.look(found, DERS[0], "the file")
    with pytest.raises(ChainProblem) as caught:
        found.contents()
    assert caught.value.finding.code == "may-hold-private-key"
    assert type(error).__name__ in caught.value.finding.sentence
    assert "part-not-read" in caplog.text
    assert "key material" not in caplog.text


def test_what_is_no_error_of_ours_is_not_caught() -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(stopped)


def test_nothing_that_is_read_here_ends_in_such_an_error(caplog: pytest.LogCaptureFixture) -> None:
    for wrap in WRAPPINGS.values():
        parse(wrapped(wrap, DERS))
    assert "part-not-read" not in caplog.text


@pytest.mark.parametrize("stray", ["p", "x9", "GH0\n", "\nOGpmv ", "\naAPol\n", "\nh0tG4VuXIPKJ", "jDOL26kjblJ4UUsw"])
@pytest.mark.parametrize("armour", [True, False], ids=["armour", "bare"])
@pytest.mark.parametrize("width", [64, 76, 4000])
@pytest.mark.parametrize("damaged", range(3))
def test_letters_that_strayed_into_base64_are_named(stray: str, armour: bool, width: int, damaged: int) -> None:
    for at in (1, 5, 7, 11, 40, 200, 440):
        bodies = [lines_of(one, width) for one in DERS]
        bodies[damaged] = bodies[damaged][:at] + stray + bodies[damaged][at:]
        blocks = [f"-----BEGIN CERTIFICATE-----\n{one}\n-----END CERTIFICATE-----" if armour else one for one in bodies]
        contents = parse("\n".join(blocks).encode())
        assert DERS[damaged] not in ders_of(contents)
        assert contents.lost, (stray, at)


@pytest.mark.parametrize("ends", [b"\n", b"\r"])
def test_a_certificate_whose_last_byte_is_a_line_end_is_whole_in_base64(ends: bytes) -> None:
    root = Ca.root("Test Root", at=fixed_now)
    leaf = next(one for _ in range(20_000) if (one := der(root.signs(CSR)))[-1:] == ends)
    for content in (base64_of(leaf), base64_of(DERS[1] + b"\r\n" + leaf), base64_of(leaf + b"\r\n")):
        contents = parse(content.encode())
        assert leaf in ders_of(contents)
        assert contents.lost == ()
