"""The merge doctor on any machine: what a drop of these files would do, without a vault, and without merging.

`python -m functions.doctor FILE… --csr FILE`, or `certflow-doctor` where it is installed by itself (pyproject.toml).
Needs Python, `cryptography` and `pyopenssl`, and for Mozilla's list `certifi`; nothing else.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from functions.doctor_page import Style, page
from functions.issuance.asked import Asked, asked_of
from functions.issuance.certificate import Certificate
from functions.issuance.chains import Signatures, by_key
from functions.issuance.diagnosis import diagnose
from functions.issuance.errors import BadSettings
from functions.issuance.examine import strangers
from functions.issuance.findings import PRIVATE_KEY, QUARANTINES, ChainProblem, Finding
from functions.issuance.keys import key_sha256
from functions.issuance.matching import another_key, nobodys
from functions.issuance.reading import MAX_BYTES, Contents, read
from functions.issuance.report import Outcome, report_of
from functions.issuance.trust import PUBLIC, Trust, may_sign, says_public, trust_of

MERGEABLE, NOT_MERGEABLE, UNUSABLE, NOT_COMPARED = 0, 1, 2, 3  # exit codes
STDIN = "-"
COMMAND = "certflow-doctor"  # where it is installed by itself (pyproject.toml)
PLACE = "trusted-cas/{vault alias}/ (for this program: --trusted-ca FILE)"
USAGE = """
Several files are looked at as one: a certificate and its chain may lie apart.
Exit code 0: can be merged; 1: cannot; 2: the command cannot be carried out; 3: a good chain, but without
--csr nobody knows whether it is for the right key and has the names that were asked for."""

NOTHING_TO_COMPARE = "No CSR was given: key, names and use of the certificate were compared with nothing."

type Files = Sequence[tuple[str, bytes]]


class Unusable(Exception):
    """What the command line names cannot be used; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: files by name; the CSR and what it asks for, if there is one; whose certificates are taken."""

    files: Files
    csr: x509.CertificateSigningRequest | None
    asked: Asked | None
    trust: Trust


@dataclass(frozen=True, slots=True)
class Examined:
    """The certificates that were read, what there is to say of the files as a whole, and of each leaf."""

    certificates: tuple[Certificate, ...]
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Examines the files that the command line names, and writes what there is to say; returns the exit code."""
    options = _parsed(arguments)
    now = datetime.now(UTC)
    try:
        examined = examine(_patient(options), now)
    except Unusable as error:
        sys.stderr.write(Style.of(sys.stderr).text(f"doctor: {error}") + "\n")
        return UNUSABLE
    report = report_of(examined.findings, examined.outcomes, would=True)
    if options.json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        lines = page(report, examined.outcomes, examined.certificates, now, Style.of(sys.stdout))
        sys.stdout.writelines(f"{line.rstrip()}\n" for line in lines)
    if report["outcome"] != "would-merge":
        return NOT_MERGEABLE
    return MERGEABLE if options.csr else NOT_COMPARED


def examine(patient: Patient, now: datetime) -> Examined:
    """As `POST chains/inspect` does, where the pending request has this CSR and the vault takes these CAs."""
    contents, faults = _read(patient.files)
    notes = tuple(finding for one in contents for finding in one.findings)
    certificates = tuple(dict.fromkeys(one for some in contents for one in some.certificates))
    if faults:
        return Examined(certificates, (*faults, *notes), ())
    try:
        leaves = _leaves(certificates, patient.csr)
    except ChainProblem as problem:
        return Examined(certificates, (*problem.findings, *notes), ())
    signatures = Signatures()
    outcomes = tuple(_judged(leaf, certificates, patient, now, signatures) for leaf in leaves)
    left_out = strangers(certificates, ((one.leaf, one.chain) for one in outcomes))
    compared = () if patient.csr else (Finding("not-compared", NOTHING_TO_COMPARE, "Give the CSR: --csr FILE."),)
    return Examined(certificates, (*compared, *notes, *left_out), outcomes)


def _read(files: Files) -> tuple[list[Contents], list[Finding]]:
    """What the files hold, and why some hold nothing: a private key first, as that decides where a drop would go."""
    contents, faults = [], []
    for name, content in files:
        of_file = f"{name}: " if len(files) > 1 else ""
        try:
            one = read(content)
        except ChainProblem as problem:
            faults += [_of(of_file, finding) for finding in problem.findings]
        else:
            contents.append(replace(one, findings=tuple(_of(of_file, finding) for finding in one.findings)))
    return contents, sorted(faults, key=lambda one: (one.code != PRIVATE_KEY, one.code not in QUARANTINES))


def _of(of_file: str, finding: Finding) -> Finding:
    return replace(finding, sentence=of_file + finding.sentence)


def _leaves(certificates: Sequence[Certificate], csr: x509.CertificateSigningRequest | None) -> list[Certificate]:
    """The certificates to judge: of several with one key the newest, as for a drop. Raises ChainProblem."""
    if csr is None:
        leaves = list(by_key(_ends(certificates)).values())
    else:
        leaves = [some for key, some in by_key(certificates).items() if key == key_sha256(csr)]
    if leaves:
        return [some[0] for some in leaves]
    if csr and not all(may_sign(one) for one in certificates):
        whose = csr.subject.rfc4514_string() or "a subject without a name"
        raise another_key("the file", f"the CSR for {whose} (key {key_sha256(csr)[:16]})")
    raise nobodys(certificates)


def _ends(certificates: Sequence[Certificate]) -> list[Certificate]:
    """The certificates that are no CA's, and issued none of the others. Raises ChainProblem."""
    signatures = Signatures()
    others = [one for one in certificates if not may_sign(one)]
    return [
        one for one in others if not any(signatures.by(other, one) for other in certificates if other != one)
    ] or others


def _judged(
    leaf: Certificate,
    certificates: Sequence[Certificate],
    patient: Patient,
    now: datetime,
    signatures: Signatures,
) -> Outcome:
    try:
        judged = diagnose(leaf, certificates, patient.asked, patient.trust, now, signatures)
    except ChainProblem as problem:
        return Outcome("would-reject", problem.findings, leaf)
    return Outcome("would-reject" if judged.errors else "would-merge", judged.findings, leaf, judged.chain)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=COMMAND if Path(sys.argv[0]).stem == COMMAND else "python -m functions.doctor",
        description="Says what a drop of these files into chains/ would do. Nothing is merged.",
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="what the CA sent, as it is; - is the standard input")
    parser.add_argument("--csr", metavar="FILE", help="the CSR that was sent to the CA (PEM or DER)")
    parser.add_argument(
        "--trusted-ca",
        metavar="FILE|public",
        action="append",
        default=[],
        help="CA certificates that the vault takes; public: Mozilla's list; may be repeated",
    )
    parser.add_argument("--policy", metavar="FILE", help="the certificate's policy in Key Vault (JSON of its REST API)")
    parser.add_argument("--json", action="store_true", help="write the report as JSON")
    return parser.parse_args(arguments)


def _patient(options: argparse.Namespace) -> Patient:
    named = [*options.files, options.csr, options.policy, *options.trusted_ca]
    if named.count(STDIN) > 1:
        raise Unusable("- stands for the standard input, which can be read once: name files for the others.")
    if options.policy and not options.csr:
        raise Unusable("--policy says what a CSR leaves open: give --csr FILE, too.")
    files = [("standard input" if name == STDIN else name, _content(name)) for name in options.files]
    csr = _csr(options.csr) if options.csr else None
    return Patient(
        files,
        csr,
        asked_of(csr, _policy(options.policy) if options.policy else None) if csr else None,
        _trust(options.trusted_ca),
    )


def _content(name: str) -> bytes:
    """A file, or the standard input; no more of it than shows that it is too large."""
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unusable(f"{name} cannot be read ({error.strerror}): check the name and your permission.") from None


def _csr(name: str) -> x509.CertificateSigningRequest:
    """A CSR as PEM, DER, or base64 alone, as Key Vault's `csr` has it; all of it readable."""
    content = _content(name)
    for load in (x509.load_der_x509_csr, x509.load_pem_x509_csr, _base64_csr):
        try:
            csr = load(content)
            asked_of(csr)  # cryptography parses most of it on first use
        except Exception:  # noqa: BLE001, S112  it has many ways to say that it cannot
            continue
        return csr
    raise Unusable(f"{name} is no CSR that can be read: give the one that was sent to the CA, as PEM or DER.")


def _base64_csr(content: bytes) -> x509.CertificateSigningRequest:
    return x509.load_der_x509_csr(base64.b64decode(content))


def _policy(name: str) -> Mapping[str, Any]:
    try:
        policy = json.loads(_content(name))
    except ValueError:
        policy = None
    if not _is_policy(policy):
        raise Unusable(
            f"{name} is no policy as Key Vault's REST API has it: give the JSON of GET "
            "https://VAULT.vault.azure.net/certificates/NAME/policy, "
            "with x509_props in it (az keyvault uses other names)."
        )
    return dict(policy)


def _is_policy(policy: Any) -> bool:
    props = policy.get("x509_props") if isinstance(policy, dict) else None
    return (
        isinstance(props, dict)
        and all(_is_words(props.get(field)) for field in ("key_usage", "ekus"))
        and isinstance(props.get("validity_months"), int | None)
    )


def _is_words(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(word, str) for word in value))


def _trust(names: Sequence[str]) -> Trust:
    try:
        return trust_of({name: _cas(name) for name in names}, PLACE)
    except BadSettings as error:
        raise Unusable(f"--trusted-ca: {error}") from None


def _cas(name: str) -> bytes:
    """The CAs of a file, or of Mozilla's list: where the word for it is given, or is all that the file holds."""
    content = PUBLIC.encode() if name == PUBLIC else _content(name)
    return _mozillas() if says_public(content) else content


def _mozillas() -> bytes:
    try:
        import certifi  # only for the word; the rest runs without it
    except ImportError:
        raise Unusable("--trusted-ca public needs Mozilla's list: pip install certifi.") from None
    return certifi.contents().encode()


def command() -> int:
    """`main`, as a program of its own."""
    warnings.simplefilter("ignore")  # `cryptography` warns of old roots in Mozilla's list
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # its reader, `head` say, has seen enough
        sys.stdout = None  # or Python tries to write the rest at its end
        code = NOT_MERGEABLE
    return code


if __name__ == "__main__":
    sys.exit(command())
