"""Reads what the merge doctor examines: the files, the CSR, the policy and the trusted CAs that its
command line names.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cryptography import x509

from functions.chains.parsing.parse import MAX_FILE_BYTES
from functions.chains.validation.expected import RequestedAttributes, requested_attributes
from functions.chains.validation.trust import PUBLIC, Trust, says_public, trust_of
from functions.model.errors import BadSettings
from functions.ports.key_vault_objects import Policy

STDIN = "-"
PLACE = "trusted-cas/{vault alias}/ (for this program: --trusted-ca FILE)"

type Files = Sequence[tuple[str, bytes]]


class Unusable(Exception):
    """An option or a file on the command line cannot be used; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input: files by name, the CSR and what it asks for (if it was given), and the trusted
    CAs.
    """

    files: Files
    csr: x509.CertificateSigningRequest | None
    asked: RequestedAttributes | None
    trust: Trust


def inputs_of(options: argparse.Namespace) -> Inputs:
    """Reads the files that the options name. Raises Unusable."""
    named = [*options.files, options.csr, options.policy, *options.trusted_ca]
    if named.count(STDIN) > 1:
        raise Unusable(
            "- stands for the standard input, which can be read once only: name files for the "
            "others."
        )
    if options.policy and not options.csr:
        raise Unusable("--policy completes what a CSR asks for: give --csr FILE, too.")
    files = [
        ("standard input" if name == STDIN else name, _content(name)) for name in options.files
    ]
    csr, asked = None, None
    if options.csr:
        csr = _csr(options.csr)
        asked = requested_attributes(csr, _policy(options.policy) if options.policy else None)
    return Inputs(files, csr, asked, _trust(options.trusted_ca))


def _content(name: str) -> bytes:
    """Reads a file or the standard input, at most one byte more than MAX_FILE_BYTES. Raises
    Unusable.
    """
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unusable(
            f"{name} cannot be read ({error.strerror}): check the name and your permission."
        ) from None


def _csr(name: str) -> x509.CertificateSigningRequest:
    """Reads a CSR as PEM, DER, or base64 without the lines around it, the format of Key Vault's
    `csr`. Raises Unusable.
    """
    content = _content(name)
    for load in (x509.load_der_x509_csr, x509.load_pem_x509_csr, _base64_csr):
        try:
            csr = load(content)
            requested_attributes(csr)  # cryptography parses most of it on first use
        except Exception:  # noqa: BLE001, S112  cryptography raises many kinds of errors
            continue
        return csr
    raise Unusable(
        f"{name} is no CSR that can be read: give the one that was sent to the CA, as PEM or DER."
    )


def _base64_csr(content: bytes) -> x509.CertificateSigningRequest:
    return x509.load_der_x509_csr(base64.b64decode(content))


def _policy(name: str) -> Policy:
    """Reads a certificate policy. Raises Unusable."""
    try:
        policy = json.loads(_content(name))
    except ValueError:
        policy = None
    if not _is_policy(policy):
        raise Unusable(
            f"{name} is no policy in the format of Key Vault's REST API: give the JSON of GET "
            "https://VAULT.vault.azure.net/certificates/NAME/policy, with x509_props in it (az "
            "keyvault uses other names)."
        )
    return cast(Policy, policy)


def _is_policy(policy: Any) -> bool:
    """Whether the fields of a policy that the doctor uses have the right types."""
    props = policy.get("x509_props") if isinstance(policy, dict) else None
    return (
        isinstance(props, dict)
        and all(_is_words(props.get(field)) for field in ("key_usage", "ekus"))
        and isinstance(props.get("validity_months"), int | None)
    )


def _is_words(value: Any) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(word, str) for word in value)
    )


def _trust(names: Sequence[str]) -> Trust:
    try:
        return trust_of({name: _cas(name) for name in names}, PLACE)
    except BadSettings as error:
        raise Unusable(f"--trusted-ca: {error}") from None


def _cas(name: str) -> bytes:
    """Returns the content of a file of CA certificates, or Mozilla's list for the word `public`, as
    an argument or as all that the file holds. Raises Unusable.
    """
    content = PUBLIC.encode() if name == PUBLIC else _content(name)
    return _mozillas() if says_public(content) else content


def _mozillas() -> bytes:
    try:
        import certifi  # optional: only Mozilla's list needs it
    except ImportError:
        raise Unusable("--trusted-ca public needs Mozilla's list: pip install certifi.") from None
    return certifi.contents().encode()
