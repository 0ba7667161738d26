"""What happens to a chain on its way from a CA to us: mails, pages, programs, archives, editors, and people.

`wrapped` gives one chain in every wrapping; `key_in_everything` a private key in those that can hold one.
"""

from __future__ import annotations

import base64
import bz2
import email.policy
import gzip
import html
import io
import json
import lzma
import tarfile
import textwrap
import urllib.parse
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import load_der_x509_certificate


def armoured(label: str, content: bytes) -> str:
    return f"-----BEGIN {label}-----\n{lines_of(content)}\n-----END {label}-----\n"


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def lines_of(content: bytes, width: int = 64) -> str:
    return "\n".join(textwrap.wrap(base64_of(content), width))


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def mail(
    text: str = "Your certificate is attached.\n",
    *,
    page: str = "",
    attached: Mapping[str, bytes] | None = None,
    encoding: str | None = None,
) -> bytes:
    """A mail with a text, the same as a web page, and attachments; `encoding` is that of the texts."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "pki@ca.example.com", "you@example.com", "Your certificate"
    message.set_content(text, cte=encoding)
    if page:
        message.add_alternative(page, subtype="html", cte=encoding)
    for name, content in (attached or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def dump(content: bytes) -> str:
    """As xxd writes it."""
    rows = []
    for at in range(0, len(content), 16):
        row = content[at : at + 16]
        pairs = " ".join(row.hex()[index : index + 4] for index in range(0, 2 * len(row), 4))
        rows.append(f"{at:08x}: {pairs:<39}  {''.join(chr(one) if 32 <= one < 127 else '.' for one in row)}\n")
    return "".join(rows)


@dataclass(frozen=True)
class Pieces:
    """What is wrapped: certificates, or one key, in DER; and their PEM."""

    ders: tuple[bytes, ...]
    label: str = "CERTIFICATE"

    @property
    def blocks(self) -> list[str]:
        return [armoured(self.label, der) for der in self.ders]

    @property
    def text(self) -> str:
        return "".join(self.blocks)

    @property
    def pem(self) -> bytes:
        return self.text.encode()

    @property
    def base64(self) -> list[str]:
        return [base64_of(der) for der in self.ders]

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def each_line(self, write: Callable[[int, str], str]) -> str:
        return "\n".join(write(number, line) for number, line in enumerate(self.lines, 1))


type Wrap = Callable[[Pieces], str | bytes]


def _in_dashes(dashes: str, encoding: str = "utf-8") -> Wrap:
    return lambda it: it.text.replace("-----", dashes).encode(encoding)


def _prefixed(prefix: str) -> Wrap:
    return lambda it: textwrap.indent(it.text, prefix, lambda _line: True)


def _page(it: Pieces) -> str:
    return "<html><body><p>" + it.text.replace("\n", "<br>\n") + "</p></body></html>"


ARMOUR: dict[str, Wrap] = {
    "one dash": _in_dashes("-"),
    "64 dashes": _in_dashes("-" * 64),
    "a first dash that was not copied": lambda it: it.text[1:],
    "no dashes at all": _in_dashes(""),
    "stars": _in_dashes("*****"),
    "em dash and en dash": _in_dashes("—–"),
    "em dash and en dash, Windows-1252": _in_dashes("—–", "cp1252"),
    "em dash, UTF-16": _in_dashes("—", "utf-16"),
    "em dash read as Windows-1252 and written as UTF-8": _in_dashes("â€”"),
    "dashes of a Mac": _in_dashes("—–", "mac-roman"),
    "dashes of figures": _in_dashes("‒‒‒‒‒"),
    "wide dashes": _in_dashes("－－－－－"),
    "dashes with blanks": _in_dashes("- - - - - "),
    "soft hyphens": _in_dashes("\u00ad-----"),
    "no-break spaces": lambda it: (
        it.text.replace("\n", "\u00a0\n").replace("N C", "N\u00a0C").replace("D C", "D\u00a0C")
    ),
    "small letters": lambda it: it.text.replace("BEGIN CERTIFICATE", "begin certificate").replace("END C", "end c"),
    "another label": lambda it: it.text.replace("CERTIFICATE", "X.509 CERTIFICATE"),
    "another label at the end": lambda it: it.text.replace("END CERTIFICATE", "END PKCS7"),
    "trusted certificates without trust settings": lambda it: it.text.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
    "no END lines": lambda it: "".join(block.rsplit("-----END", 1)[0] for block in it.blocks),
    "no BEGIN lines": lambda it: "".join(block.split("-----\n", 1)[1] for block in it.blocks),
    "words before BEGIN": lambda it: it.text.replace("-----BEGIN", "Certificate: -----BEGIN"),
    "words after BEGIN": lambda it: it.text.replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE----- (server)"),
    "words after END": lambda it: it.text.replace("END CERTIFICATE-----", "END CERTIFICATE----- Confidential"),
    "one line": lambda it: it.text.replace("\n", " "),
    "one line without blanks": lambda it: it.text.replace("\n", ""),
    "blank lines": lambda it: it.text.replace("\n", "\n\n"),
    "CR": lambda it: it.text.replace("\n", "\r"),
    "CR CR LF": lambda it: it.text.replace("\n", "\r\r\n"),
    "headers (RFC 1421)": lambda it: it.text.replace(
        "TE-----\nM", "TE-----\nComment: by a CA\nSubject: CN=x\n  y\n\nM"
    ),
    "headers without a blank line": lambda it: it.text.replace("TE-----\nM", "TE-----\nComment: by a CA\nM"),
    "short lines": lambda it: "\n".join(textwrap.fill(line, 40) for line in it.lines),
    "a page break": lambda it: f"{it.text[:300]}\nPage 2 of 3\n{it.text[300:]}",
}
TEXTS: dict[str, Wrap] = {
    "web page, <br>": _page,
    "web page, entities": lambda it: f"<p>{it.text.replace('+', '&#43;').replace('/', '&#x2F;')}</p>".replace(
        "\n", "&nbsp;\n"
    ),
    "web page, every letter an entity": lambda it: "".join(f"&#{ord(letter)};" for letter in it.text),
    "web page, <pre>": lambda it: (
        f"<!DOCTYPE html><html><style>a{{b:c}}</style><pre>{html.escape(it.text)}</pre></html>"
    ),
    "web page, source shown": lambda it: html.escape(_page(it)),
    "paragraphs of Outlook": lambda it: it.each_line(
        lambda _, line: f'<p class=MsoNormal><span style="font-size:9pt">{line}<o:p></o:p></span></p>\r'
    ),
    "table of a web page": lambda it: it.each_line(
        lambda number, line: f"<tr><td>{number}</td><td><code>{line}</code></td></tr>"
    ),
    "spans of a web page": lambda it: it.each_line(
        lambda _, line: f"<div><span>{line[:30]}</span><b>{line[30:]}</b></div>"
    ),
    "data address": lambda it: f"<a href='data:application/x-pem-file;base64,{base64_of(it.pem)}'>it</a>",
    "answer": _prefixed("> "),
    "answer to an answer": _prefixed("> > > "),
    "answer with initials": _prefixed("JD> "),
    "answer with bars": _prefixed("| "),
    "numbered": lambda it: it.each_line(lambda number, line: f"{number}:{line}"),
    "numbered as by cat -n": lambda it: it.each_line(lambda number, line: f"{number:6}\t{line}"),
    "numbered with dots": lambda it: it.each_line(lambda number, line: f"{number}. {line}"),
    "numbered answer": lambda it: it.each_line(lambda number, line: f"> {number}) {line}"),
    "as by grep -n": lambda it: it.each_line(lambda number, line: f"chain.pem:{number}:{line}"),
    "patch": lambda it: "--- /dev/null\n+++ b/web.pem\n@@ -0,0 +1 @@\n" + textwrap.indent(it.text, "+"),
    "comment": _prefixed("# "),
    "comment in C": lambda it: f"/*\n{textwrap.indent(it.text, ' * ')} */",
    "log": lambda it: it.each_line(lambda number, line: f"Nov 28 22:02:{number % 60:02} host app[123]: {line}"),
    "log with times": lambda it: it.each_line(lambda number, line: f"2026-11-28T22:02:11.{number:03}Z INFO {line}"),
    "Java": lambda it: "String chain =\n" + "".join(f'    "{line}\\n" +\n' for line in it.lines) + '    "";',
    "C": lambda it: "".join(f'    "{line}\\n"\n' for line in it.lines) + ";",
    "PHP": lambda it: "".join(f'    . "{line}\\r\\n"\n' for line in it.lines),
    "Visual Basic": lambda it: "".join(f'  s = s & "{line}" & vbCrLf\n' for line in it.lines),
    "JavaScript": lambda it: "[\n" + "".join(f"  '{line}',\n" for line in it.lines) + "].join('\\n')",
    "Java, base64": lambda it: "".join(
        f"String c{number} = \n" + "".join(f'    "{line}" +\n' for line in textwrap.wrap(one, 64)) + '    "";\n'
        for number, one in enumerate(it.base64)
    ),
    "JSON": lambda it: json.dumps({"certificate": it.text}),
    "JSON with escapes": lambda it: json.dumps({"c": it.text}).replace("/", "\\/").replace("+", "\\u002B"),
    "JSON in JSON in JSON": lambda it: json.dumps({"a": json.dumps({"b": json.dumps([it.text])})}),
    "JSON lines": lambda it: "\n".join(json.dumps({"certificate": one}) for one in it.base64),
    "JSON, list of base64": lambda it: json.dumps(it.base64, indent=1),
    "JSON, base64url": lambda it: json.dumps(
        [one.replace("+", "-").replace("/", "_").rstrip("=") for one in it.base64]
    ),
    "YAML, block": lambda it: f"cert: |\n{textwrap.indent(it.text, '  ')}",
    "YAML, base64": lambda it: f"kind: Secret\ndata:\n  tls.crt: {base64_of(it.pem)}\ntype: kubernetes.io/tls\n",
    "YAML, base64 of prose": lambda it: f"status:\n  certificate: {base64_of(f'Grüße\n{it.text}'.encode())}\nkind: X\n",
    "YAML, folded base64": lambda it: f"certificate: >-\n{textwrap.indent(lines_of(it.pem, 70), '    ')}\n",
    "YAML, quoted": lambda it: 'cert: "' + it.text.replace("\n", "\\n\\\n    ") + '"\n',
    ".env": lambda it: f"TLS_CERT={base64_of(it.pem)}\nTLS_PORT=443\n",
    "XML": lambda it: (
        "<?xml version='1.0'?><ds:X509Data>"
        + "".join(f"<ds:X509Certificate>\n{one}\n</ds:X509Certificate>" for one in it.base64)
    ),
    "XML of Java": lambda it: "".join(
        "<X509Certificate>" + "&#13;\n".join(textwrap.wrap(one, 76)) + "</X509Certificate>" for one in it.base64
    ),
    "XML, CDATA": lambda it: f"<c><![CDATA[{it.text}]]></c>",
    "percent signs": lambda it: urllib.parse.quote(it.text),
    "percent signs twice": lambda it: urllib.parse.quote(urllib.parse.quote(it.text, safe="")),
    "form": lambda it: urllib.parse.urlencode({"certificate": it.text, "x": "y"}),
    "form, base64": lambda it: urllib.parse.urlencode({f"c{index}": one for index, one in enumerate(it.base64)}),
    "rich text (RTF)": lambda it: "{\\rtf1\\ansi " + it.text.replace("\n", "\\par\n") + "}",
    "Markdown": lambda it: f"# Chain\n\n```\n{it.text}```\n",
    "here string": lambda it: f"@'\n{it.text}'@ | Set-Content chain.pem\n",
    "signed by PGP": lambda it: (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        + it.text.replace("-----BEGIN", "- -----BEGIN").replace("-----END", "- -----END")
        + armoured("PGP SIGNATURE", bytes(range(100)))
    ),
}
BASE64: dict[str, Wrap] = {
    "base64 under headings": lambda it: "".join(
        f"Certificate {n}:\r\n{one}\r\n\r\n" for n, one in enumerate(it.base64)
    ),
    "lines of base64 under headings": lambda it: "".join(f"Certificate\n{lines_of(der)}\n" for der in it.ders),
    "base64 behind headings": lambda it: "".join(f"Certificate {n}: {one}\n" for n, one in enumerate(it.base64)),
    "base64 without padding": lambda it: "\n".join(lines_of(der).rstrip("=") for der in it.ders),
    "base64 without padding, joined": lambda it: "".join(one.rstrip("=") for one in it.base64),
    "base64 with commas": lambda it: ",".join(it.base64),
    "base64 with blanks": lambda it: " ".join(it.base64),
    "base64 in quotes": lambda it: "\n".join(f'"{one}"' for one in it.base64),
    "base64 in an answer": lambda it: textwrap.indent("\n\n".join(lines_of(der) for der in it.ders), "> "),
    "base64 of all at once": lambda it: base64_of(b"".join(it.ders)),
    "base64 of base64": lambda it: base64_of(base64.encodebytes(b"".join(it.ders))),
}
MAILS: dict[str, Wrap] = {
    "mail": lambda it: mail(it.text),
    "mail, quoted-printable": lambda it: mail(it.text, encoding="quoted-printable"),
    "mail, base64": lambda it: mail(f"Grüße,\n\n{it.text}", encoding="base64"),
    "mail, web page": lambda it: mail("It is below.\n", page=_page(it)),
    "mail, web page in base64": lambda it: mail("It is below.\n", page=_page(it), encoding="base64"),
    "mail, web page quoted-printable": lambda it: mail("ü\n", page=f"ü{_page(it)}", encoding="quoted-printable"),
    "mail with PEM": lambda it: mail(attached={"chain.pem": it.pem}),
    "mail with DER": lambda it: mail(attached={f"{index}.cer": der for index, der in enumerate(it.ders)}),
    "mail with a zip": lambda it: mail(attached={"chain.zip": zipped({"chain.pem": it.pem})}),
    "mail with a tar.gz": lambda it: mail(attached={"chain.tgz": tarred({"chain.pem": it.pem}, "w:gz")}),
    "mail in a mail": lambda it: mail(attached={"fwd.eml": mail(attached={"chain.pem": it.pem})}),
    "answer of a web server": lambda it: b"HTTP/1.1 200 OK\r\nContent-Type: application/x-pem-file\r\n\r\n" + it.pem,
}
ARCHIVES: dict[str, Wrap] = {
    "tar": lambda it: tarred({"chain.pem": it.pem}),
    "tar.gz": lambda it: tarred({f"{index}.cer": der for index, der in enumerate(it.ders)}, "w:gz"),
    "tar.bz2": lambda it: tarred({"chain.pem": it.pem}, "w:bz2"),
    "tar.xz": lambda it: tarred({"chain.pem": it.pem}, "w:xz"),
    "tar with long names": lambda it: tarred({"folder/" * 30 + "chain.pem": it.pem}),
    "gzip": lambda it: gzip.compress(it.pem),
    "gzip after gzip": lambda it: b"".join(gzip.compress(block.encode()) for block in it.blocks),
    "bzip2": lambda it: bz2.compress(b"".join(it.ders)),
    "xz": lambda it: lzma.compress(it.pem, preset=9),
    "zip in a zip": lambda it: zipped({"from-the-ca.zip": zipped({"chain.pem": it.pem})}),
    "zip of a tar.gz": lambda it: zipped({"chain.tgz": tarred({"chain.pem": it.pem}, "w:gz")}),
    "zip of a mail with a zip": lambda it: zipped({"ca.eml": mail(attached={"a.zip": zipped({"a.pem": it.pem})})}),
    "base64 of a zip": lambda it: base64.encodebytes(zipped({"chain.pem": it.pem})),
    "Word": lambda it: zipped(
        {"word/document.xml": it.each_line(lambda _, line: f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>").encode()}
    ),
}
ENCODINGS: dict[str, Wrap] = {
    "UTF-16 after ASCII": lambda it: it.blocks[0].encode() + "".join(it.blocks[1:]).encode("utf-16-le"),
    "UTF-16 with a mark after ASCII": lambda it: it.blocks[0].encode() + "".join(it.blocks[1:]).encode("utf-16"),
    "UTF-16 BE after ASCII": lambda it: it.blocks[0].encode() + "".join(it.blocks[1:]).encode("utf-16-be"),
    "ASCII after UTF-16": lambda it: it.blocks[0].encode("utf-16") + "".join(it.blocks[1:]).encode(),
    "UTF-32": lambda it: it.text.encode("utf-32"),
    "DER, then PEM": lambda it: it.ders[0] + "".join(it.blocks[1:]).encode(),
    "DER and line ends": lambda it: b"\r\n".join(it.ders),
}
HEX: dict[str, Wrap] = {
    "hex": lambda it: b"".join(it.ders).hex(),
    "hex with colons": lambda it: b"".join(it.ders).hex(":"),
    "hex in lines": lambda it: "\n".join(textwrap.wrap(b"".join(it.ders).hex(), 64)),
    "hex of a program": lambda it: ", ".join(f"0x{one:02X}" for one in b"".join(it.ders)),
    "hex dump": lambda it: dump(b"".join(it.ders)),
}
WRAPPINGS: dict[str, Wrap] = {**ARMOUR, **TEXTS, **BASE64, **MAILS, **ARCHIVES, **ENCODINGS}


def wrapped(wrap: Wrap, ders: Sequence[bytes], label: str = "CERTIFICATE") -> bytes:
    """DER items in a wrapping."""
    content = wrap(Pieces(tuple(ders), label))
    return content.encode() if isinstance(content, str) else content


def p7b_of(ders: Sequence[bytes]) -> bytes:
    """PKCS#7 (DER) of certificates."""
    return pkcs7.serialize_certificates([load_der_x509_certificate(der) for der in ders], Encoding.DER)
