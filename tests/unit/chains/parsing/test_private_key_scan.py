"""A private key goes to quarantine in whatever it is written; what may hold one, too; and prose about keys does not."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import random
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from functions.chains.parsing.parse import LAYERS, parse
from functions.model.finding_codes import CODES
from functions.model.findings import QUARANTINES, ChainProblem, Finding, is_for_quarantine
from tests.robustness.formats import CHAIN, CSR, PEM, der
from tests.wrappings import HEX, WRAPPINGS, Pieces, armoured, base64_of, lines_of, mail, tarred, wrapped, zipped

DERS = [der(one) for one in CHAIN]
SECRET = BestAvailableEncryption(b"secret")
RSA, EC, ED = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP521R1()), ed25519.Ed25519PrivateKey
PKCS8, OLD = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
IN_DER: dict[str, bytes] = {
    "RSA, PKCS#8": RSA.private_bytes(Encoding.DER, PKCS8, NoEncryption()),
    "RSA, PKCS#1": RSA.private_bytes(Encoding.DER, OLD, NoEncryption()),
    "EC, PKCS#8": EC.private_bytes(Encoding.DER, PKCS8, NoEncryption()),
    "EC, SEC 1": EC.private_bytes(Encoding.DER, OLD, NoEncryption()),
    "EC P-256, SEC 1": ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, OLD, NoEncryption()),
    "Ed25519, PKCS#8": ED.generate().private_bytes(Encoding.DER, PKCS8, NoEncryption()),
    "RSA, encrypted": RSA.private_bytes(Encoding.DER, PKCS8, SECRET),
    "PFX": pkcs12.serialize_key_and_certificates(b"web", EC, None, None, SECRET),
}
IN_PEM: dict[str, str] = {
    "PKCS#8": RSA.private_bytes(Encoding.PEM, PKCS8, NoEncryption()).decode(),
    "PKCS#1": RSA.private_bytes(Encoding.PEM, OLD, NoEncryption()).decode(),
    "encrypted": EC.private_bytes(Encoding.PEM, PKCS8, SECRET).decode(),
    "encrypted, of old": EC.private_bytes(Encoding.PEM, OLD, SECRET).decode(),
    "OpenSSH": ED.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode(),
    "PGP": armoured("PGP PRIVATE KEY BLOCK", bytes(range(200))).replace(
        "BLOCK-----\n", "BLOCK-----\nVersion: 1\n\n", 1
    ),
}
# Of an old encrypted key nothing but its lines shows what it is, and a log puts words before them.
NEED_THEIR_LINES = {"encrypted, of old", "PGP"}
WITHOUT_LINES = {"log", "log with times"}


@dataclass(frozen=True)
class Key(Pieces):
    """A key in PEM with headers, as it is."""

    pem_text: str = ""

    @property
    def blocks(self) -> list[str]:
        return [self.pem_text]


def key_of(pem: str) -> Key:
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----") and ":" not in line)
    label = pem.split("-----")[1].removeprefix("BEGIN ")
    return Key((base64.b64decode(body.partition("=")[0] + "=="),), label, pem)


def code_of(content: str | bytes) -> str | None:
    """The first finding of what is refused; None for what is read."""
    try:
        parse(content.encode() if isinstance(content, str) else content)
    except ChainProblem as problem:
        return problem.finding.code
    return None


@pytest.mark.parametrize("kind", IN_DER)
def test_a_key_in_der_is_found_in_every_wrapping(kind: str) -> None:
    codes = {
        (name, label): code_of(wrapped(wrap, [IN_DER[kind]], label))
        for label in ("PRIVATE KEY", "CERTIFICATE")
        for name, wrap in {**WRAPPINGS, **HEX}.items()
    }
    assert {name for name, code in codes.items() if code != "contains-private-key"} == set()


@pytest.mark.parametrize("kind", IN_PEM)
def test_a_key_in_pem_is_found_in_every_wrapping(kind: str) -> None:
    codes = {name: code_of(wrap(key_of(IN_PEM[kind]))) for name, wrap in WRAPPINGS.items()}
    missed = {name for name, code in codes.items() if code != "contains-private-key"}
    bare = {name for name in missed if "-----" not in str(WRAPPINGS[name](key_of(IN_PEM[kind])))}
    assert missed - WITHOUT_LINES == (bare if kind in NEED_THEIR_LINES else set())


@pytest.mark.parametrize("before", range(4))
def test_a_key_in_base64_is_found_wherever_its_base64_begins(before: int) -> None:
    for key in (
        IN_PEM["PKCS#8"].encode(),
        IN_DER["EC, SEC 1"],
        IN_DER["RSA, encrypted"],
        b"openssh-key-v1\0" + b"x" * 40,
    ):
        for encoded in (base64_of(key), base64.urlsafe_b64encode(key).decode()):
            assert code_of(f"{PEM.decode()}\npassword={'x' * before}{encoded}\n") == "contains-private-key"


@pytest.mark.parametrize("kind", IN_PEM)
def test_a_key_that_is_cut_short_is_one(kind: str) -> None:
    lines = IN_PEM[kind].splitlines(keepends=True)
    for some in (lines[:-1], lines[1:], lines[: len(lines) // 2], lines[len(lines) // 2 :]):
        assert code_of(PEM.decode() + "".join(some)) == "contains-private-key"


RSA_NUMBERS, DSA_NUMBERS = RSA.private_numbers(), dsa.generate_private_key(2048).private_numbers()


def number(value: int) -> str:
    return base64_of(value.to_bytes((value.bit_length() + 7) // 8))


def octets(value: int) -> str:
    return value.to_bytes((value.bit_length() + 7) // 8).hex(":")


TEXTS: dict[str, str] = {
    ".NET, RSA": f"<RSAKeyValue><Modulus>{number(RSA_NUMBERS.public_numbers.n)}</Modulus><Exponent>AQAB</Exponent>"
    f"<P>{number(RSA_NUMBERS.p)}</P><D>{number(RSA_NUMBERS.d)}</D></RSAKeyValue>",
    ".NET, RSA in lines": f"<RSAKeyValue>\n  <InverseQ>\n    {number(RSA_NUMBERS.iqmp)}\n  </InverseQ>\n</RSAKeyValue>",
    ".NET, DSA": f"<DSAKeyValue><P>{number(DSA_NUMBERS.public_numbers.parameter_numbers.p)}</P>"
    f"<X>{number(DSA_NUMBERS.x)}</X></DSAKeyValue>",
    "JWK": json.dumps({"kty": "EC", "crv": "P-521", "d": base64.urlsafe_b64encode(bytes(range(180, 246))).decode()}),
    "JWK, indented": json.dumps({"keys": [{"kty": "oct", "k": number(RSA_NUMBERS.p)}]}, indent=2),
    "PuTTY": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPrivate-Lines: 1\nAAAAIFakeFakeFakeFake\n",
    "openssl rsa -text": f"RSA Private-Key: (2048 bit, 2 primes)\nprivateExponent:\n    {octets(RSA_NUMBERS.d)}\n",
    "openssl ec -text": f"Private-Key: (521 bit)\npriv:\n    {octets(EC.private_numbers().private_value)}\npub:\n",
    "DNSSEC": f"Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\nPrivateExponent: {number(RSA_NUMBERS.d)}\n",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_key_in_a_format_of_its_own_is_one(kind: str) -> None:
    for content in (
        TEXTS[kind],
        PEM.decode() + TEXTS[kind],
        zipped({"chain.pem": PEM, "key": TEXTS[kind].encode("utf-16")}),
        mail(TEXTS[kind], encoding="base64"),
        TEXTS[kind].replace("<", "&lt;").replace(">", "&gt;"),
    ):
        assert code_of(content) == "contains-private-key"


@pytest.mark.parametrize(
    "data",
    [b"\x07\x02\0\0\0\xa4\0\0RSA2\0\x08\0\0" + bytes(200), b"\x1e\xf1\xb5\xb0" + bytes(200)],
    ids=["blob", "PVK"],
)
def test_a_key_in_a_format_of_windows_is_one(data: bytes) -> None:
    assert code_of(data) == "contains-private-key"
    assert code_of(zipped({"chain.pem": PEM, "key": data})) == "contains-private-key"


NO_KEYS = {
    "a sentence": "Put it beside your key (the file that begins with\n-----BEGIN RSA PRIVATE KEY-----).\n",
    "dots": "1. Your key: -----BEGIN PRIVATE KEY----- ... -----END PRIVATE KEY-----\r\n2. Restart.\r\n",
    "an ellipsis": "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n",
    "its first letters": "-----BEGIN PRIVATE KEY-----\nMIIEvQIB...\n-----END PRIVATE KEY-----\n",
    "nothing": "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    "one line": "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
    "words": "-----BEGIN PRIVATE KEY-----\n(Your Private Key: your_domain_name.key)\n-----END PRIVATE KEY-----\n",
    "capitals": "-----BEGIN RSA PRIVATE KEY-----\nYOUR_PRIVATE_KEY_HERE\n-----END RSA PRIVATE KEY-----\n",
    "one word": "-----BEGIN RSA PRIVATE KEY-----\nyourprivatekeycontentgoeshere\n-----END RSA PRIVATE KEY-----\n",
    "joined words": "-----BEGIN RSA PRIVATE KEY-----\nYourPrivateKeyContent\n-----END RSA PRIVATE KEY-----\n",
    "crosses": f"-----BEGIN PRIVATE KEY-----\n{'X' * 64}\n-----END PRIVATE KEY-----\n",
    "stars": f"-----BEGIN PRIVATE KEY-----\n{'*' * 64}\n-----END PRIVATE KEY-----\n",
    "brackets": "-----BEGIN PRIVATE KEY-----\n[REDACTED]\n-----END PRIVATE KEY-----\n",
    "a path": "KeyFile /etc/ssl/private/Server1Key\nIt has BEGIN PRIVATE KEY in /etc/ssl/private/Server1Key.\n",
    "German": "Den Schlüssel (BEGIN ENCRYPTED PRIVATE KEY) bitte nicht senden!\n",
    "a public key": armoured("PUBLIC KEY", bytes(range(90))),
    "a CSR": armoured("CERTIFICATE REQUEST", CSR),
    "a public JWK": '{"kty": "RSA", "kid": "a-long-name-of-a-key-2026", "n": "QUJDREVGR0hJSktMTU5P", "e": "AQAB"}\n',
    "a public key of .NET": f"<RSAKeyValue><Modulus>{'QUJD' * 30}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>\n",
    "a public key of SSH": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7vbqajDhA17yQ8mQ7jZq me@host\n",
    "PuTTY's name": "Open the file (PuTTY-User-Key-File-3) in PuTTYgen.\n",
    "a picture": f"<img src='data:image/png;base64,{base64_of(b'\x89PNG' + bytes(range(256)))}'>\n",
}


@pytest.mark.parametrize("kind", NO_KEYS)
def test_what_is_no_key_is_none(kind: str) -> None:
    prose = NO_KEYS[kind]
    for content in (
        prose + "\n" + PEM.decode(),
        PEM.decode() + prose,
        zipped({"chain.pem": PEM, "README.txt": prose.encode()}),
        prose + "".join(f"\n\nCertificate\n{lines_of(one)}\n" for one in DERS),
        mail(prose + "\n" + PEM.decode(), encoding="base64"),
        json.dumps({"readme": prose, "chain": PEM.decode()}),
    ):
        contents = parse(content.encode() if isinstance(content, str) else content)
        assert {one.der for one in contents.certificates} == set(DERS)
        assert contents.lost == ()


NOISE = random.Random(7).randbytes(2000)  # noqa: S311  the same each time


def encrypted_zip() -> bytes:
    """A zip with the flag of an encrypted one (APPNOTE 4.4.4), as `zipfile` makes none."""
    content = bytearray(zipped({"chain.pem": PEM}))
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def wrapped_often(times: int) -> bytes:
    content = PEM
    for _ in range(times):
        content = zipped({"a": content})
    return content


CLOSED: dict[str, tuple[bytes, str]] = {
    "encrypted zip": (encrypted_zip(), "is encrypted"),
    "damaged zip": (zipped({"a": PEM})[:-30], "is damaged"),
    "damaged gzip": (b"\x1f\x8b\x08" + NOISE, "gzip file is damaged"),
    "gzip that is cut off": (gzip.compress(NOISE)[:-100], "gzip file is cut off"),
    "bzip2 that is cut off": (bz2.compress(NOISE)[:-100], "bzip2 file is cut off"),
    "xz that is cut off": (lzma.compress(NOISE)[:-100], "xz file is cut off"),
    "tar that is cut off": (tarred({"a": NOISE})[:1000], "tar is cut off"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c" + NOISE, "a 7-Zip archive"),
    "RAR": (b"Rar!\x1a\x07\x01\0" + NOISE, "a RAR archive"),
    "Zstandard": (b"\x28\xb5\x2f\xfd" + NOISE, "a Zstandard file"),
    "openssl enc": (b"Salted__" + NOISE, "OpenSSL has encrypted"),
    "openssl enc -a": (base64.encodebytes(b"Salted__" + NOISE), "OpenSSL has encrypted"),
    "PGP": (armoured("PGP MESSAGE", NOISE).encode(), "PGP has encrypted"),
    "Ansible": (f"$ANSIBLE_VAULT;1.1;AES256\n{NOISE.hex()}\n".encode(), "an Ansible Vault"),
    "Outlook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "__substg1.0_3701".encode("utf-16-le") + bytes(600),
        "a mail of Outlook",
    ),
    "winmail.dat": (b"\x78\x9f\x3e\x22" + bytes(600), "winmail.dat"),
    "unknown": (NOISE, "is of a kind that is not known here"),
    "a key of 32 bytes": (NOISE[:32], "is of a kind that is not known here"),
    "wrapped too often": (wrapped_often(LAYERS + 1), f"more than {LAYERS} times"),
}


@pytest.mark.parametrize("kind", CLOSED)
def test_what_cannot_be_looked_into_may_hold_a_key_and_nothing_is_exposed_for_that(kind: str) -> None:
    content, said = CLOSED[kind]
    for some in (content, zipped({"chain.pem": PEM, "more": content})):
        with pytest.raises(ChainProblem) as caught:
            parse(some)
        finding = caught.value.finding
        assert finding.code == ("unreadable-zip" if kind.endswith(" zip") else "may-hold-private-key")
        assert finding.code in QUARANTINES
        assert said in finding.sentence
        assert "whether it holds a private key cannot be determined" in finding.sentence
        assert "exposed" not in finding.sentence + finding.next_step
    assert code_of(zipped({"more": content, "key.pem": IN_PEM["PKCS#8"].encode()})) == "contains-private-key"


def test_as_often_as_it_may_be_wrapped_a_file_is_read() -> None:
    assert {one.der for one in parse(wrapped_often(LAYERS)).certificates} == set(DERS)


@pytest.mark.parametrize(
    "content",
    [
        zipped({"chain.pem": PEM, "guide.pdf": b"%PDF-1.7\n%\xe2\xe3" + NOISE}),
        zipped({"chain.pem": PEM, "logo.png": b"\x89PNG\r\n\x1a\n" + NOISE}),
        mail(PEM.decode(), attached={"logo.png": b"\x89PNG\r\n\x1a\n" + NOISE}),
        mail(PEM.decode(), attached={"signature": NOISE}),
    ],
    ids=["PDF", "picture", "picture in a mail", "anything in a mail"],
)
def test_what_comes_with_certificates_as_a_rule_does_not_matter(content: bytes) -> None:
    assert {one.der for one in parse(content).certificates} == set(DERS)


def test_a_file_goes_to_quarantine_for_any_of_these_findings_and_for_no_other() -> None:
    for code in CODES:
        findings = (Finding("not-a-certificate", "A."), Finding(code, "B."))
        assert is_for_quarantine(findings) == (code in QUARANTINES)
    assert {code for code, (severity, _) in CODES.items() if severity == "error"} >= QUARANTINES
