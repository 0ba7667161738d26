"""The merge doctor: says what dropping these files into `chains/` would do. It needs no vault, and
merges nothing.

Run `python -m functions.doctor FILE… --csr FILE`, or `certflow-doctor` where that is installed
(pyproject.toml). It needs Python, `cryptography` and `pyopenssl`, and `certifi` for Mozilla's list.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from functions.chains.inspect import strangers
from functions.chains.parsing.contents import Contents
from functions.chains.parsing.parse import parse
from functions.chains.report import Outcome, report_of
from functions.chains.unmatched import no_match_error, other_key_error
from functions.chains.validation.build import Signatures, by_key
from functions.chains.validation.trust import is_ca
from functions.chains.validation.validate import validate
from functions.cli.doctor_inputs import Files, Inputs, Unusable, inputs_of
from functions.cli.doctor_page import Style, page
from functions.model.findings import PRIVATE_KEY, QUARANTINES, ChainProblem, Finding
from functions.x509.certificate import Certificate
from functions.x509.public_keys import key_sha256

EXIT_MERGEABLE, EXIT_NOT_MERGEABLE, EXIT_UNUSABLE, EXIT_NOT_COMPARED = 0, 1, 2, 3  # exit codes
COMMAND = "certflow-doctor"  # the name of the installed program (pyproject.toml)
USAGE = """
Several files are read as one: a certificate and its chain may be in different files.
Exit code 0: can be merged; 1: cannot be merged; 2: the command cannot be carried out; 3: the chain
is good, but without --csr its key and names could not be compared with a request."""

NOTHING_TO_COMPARE = (
    "No CSR was given, so key, names and use of the certificate could not be compared with it."
)


@dataclass(frozen=True, slots=True)
class Examination:
    """The result: the certificates that were read, findings about the files as a whole, and the
    outcome for each leaf.
    """

    certificates: tuple[Certificate, ...]
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Examines the files that the command line names, and writes a report as text or JSON.

    Returns the exit code: MERGEABLE, EXIT_NOT_MERGEABLE, EXIT_UNUSABLE or EXIT_NOT_COMPARED.
    `arguments` are those of the process if None.
    """
    options = _parsed(arguments)
    now = datetime.now(UTC)
    try:
        examined = examine_files(inputs_of(options), now)
    except Unusable as error:
        sys.stderr.write(Style.of(sys.stderr).text(f"doctor: {error}") + "\n")
        return EXIT_UNUSABLE
    report = report_of(examined.findings, examined.outcomes, would=True)
    if options.json:
        sys.stdout.write(json.dumps(report, indent=2) + "\n")
    else:
        lines = page(report, examined.outcomes, examined.certificates, now, Style.of(sys.stdout))
        sys.stdout.writelines(f"{line.rstrip()}\n" for line in lines)
    if report["outcome"] != "would-merge":
        return EXIT_NOT_MERGEABLE
    return EXIT_MERGEABLE if options.csr else EXIT_NOT_COMPARED


def examine_files(patient: Inputs, now: datetime) -> Examination:
    """Examines files as `POST chains/inspect` does for a pending request with this CSR, in a vault
    that trusts these CAs.
    """
    contents, faults = _read(patient.files)
    notes = tuple(finding for one in contents for finding in one.findings)
    certificates = tuple(dict.fromkeys(one for some in contents for one in some.certificates))
    if faults:
        return Examination(certificates, (*faults, *notes), ())
    try:
        leaves = _leaves(certificates, patient.csr)
    except ChainProblem as problem:
        return Examination(certificates, (*problem.findings, *notes), ())
    signatures = Signatures()
    outcomes = tuple(_judged(leaf, certificates, patient, now, signatures) for leaf in leaves)
    left_out = strangers(certificates, ((one.leaf, one.chain) for one in outcomes))
    not_compared = Finding("not-compared", NOTHING_TO_COMPARE, "Give the CSR: --csr FILE.")
    compared = () if patient.csr else (not_compared,)
    return Examination(certificates, (*compared, *notes, *left_out), outcomes)


def _read(files: Files) -> tuple[list[Contents], list[Finding]]:
    """Returns the contents of the files that can be read, and the findings about the others. A
    private key comes first among these, because it decides where a dropped file would go.
    """
    contents: list[Contents] = []
    faults: list[Finding] = []
    for name, content in files:
        of_file = f"{name}: " if len(files) > 1 else ""
        try:
            one = parse(content)
        except ChainProblem as problem:
            faults += _prefixed(of_file, problem.findings)
        else:
            contents.append(replace(one, findings=_prefixed(of_file, one.findings)))
    faults.sort(key=lambda one: (one.code != PRIVATE_KEY, one.code not in QUARANTINES))
    return contents, faults


def _prefixed(of_file: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Returns the findings with the file's name before each sentence."""
    return tuple(replace(one, sentence=of_file + one.sentence) for one in findings)


def _leaves(
    certificates: Sequence[Certificate], csr: x509.CertificateSigningRequest | None
) -> list[Certificate]:
    """Returns the certificates to validate: with a CSR, the one with its key; of several with one
    key the newest, as for a dropped file. Raises ChainProblem if there is none.
    """
    if csr is None:
        leaves = list(by_key(_ends(certificates)).values())
    else:
        leaves = [some for key, some in by_key(certificates).items() if key == key_sha256(csr)]
    if leaves:
        return [some[0] for some in leaves]
    if csr and not all(is_ca(one) for one in certificates):
        whose = csr.subject.rfc4514_string() or "a subject without a name"
        raise other_key_error("the file", f"the CSR for {whose} (key {key_sha256(csr)[:16]})")
    raise no_match_error(certificates)


def _ends(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Returns the certificates that are not a CA's and did not issue any other; if all of them did,
    all that are not a CA's. Raises ChainProblem.
    """
    signatures = Signatures()

    def issued_another(one: Certificate) -> bool:
        return any(signatures.by(other, one) for other in certificates if other != one)

    no_cas = [one for one in certificates if not is_ca(one)]
    return [one for one in no_cas if not issued_another(one)] or no_cas


def _judged(
    leaf: Certificate,
    certificates: Sequence[Certificate],
    patient: Inputs,
    now: datetime,
    signatures: Signatures,
) -> Outcome:
    try:
        judged = validate(leaf, certificates, patient.asked, patient.trust, now, signatures)
    except ChainProblem as problem:
        return Outcome("would-reject", problem.findings, leaf)
    word = "would-reject" if judged.errors else "would-merge"
    return Outcome(word, judged.findings, leaf, judged.chain)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(
        prog=COMMAND if Path(sys.argv[0]).stem == COMMAND else "python -m functions.doctor",
        description="Says what dropping these files into chains/ would do. Nothing is merged.",
        epilog=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    files = "what the CA sent, unchanged; - is the standard input"
    csr = "the CSR that was sent to the CA (PEM or DER)"
    trusted = "CA certificates that the vault trusts; public: Mozilla's list; may be repeated"
    policy = "the certificate's policy in Key Vault (JSON of its REST API)"
    add("files", nargs="+", metavar="FILE", help=files)
    add("--csr", metavar="FILE", help=csr)
    add("--trusted-ca", metavar="FILE|public", action="append", default=[], help=trusted)
    add("--policy", metavar="FILE", help=policy)
    add("--json", action="store_true", help="write the report as JSON")
    return parser.parse_args(arguments)


def command() -> int:
    """Runs `main` as a program; returns the exit code."""
    warnings.simplefilter("ignore")  # `cryptography` warns of old roots in Mozilla's list
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output, such as `head`, has closed it
        sys.stdout = None  # or Python tries to write the rest when it exits
        code = EXIT_NOT_MERGEABLE
    return code


if __name__ == "__main__":
    sys.exit(command())
