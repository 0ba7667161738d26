"""Three validators of chains on the same cases: OpenSSL through pyOpenSSL, which the doctor asks, and the verification
of `cryptography`, with its defaults (the web PKI's) and with policies as loose as it lets them be.

Each builds its way itself, out of all that is in the file. Compared is what they decide on PKITS (whose leaves have no
alternative name, which the web PKI asks for), on x509-limbo (where `../shared` has it) and on generated chains; then
what a verification costs in CPU, reading included, and what importing costs. pyOpenSSL cannot ask about host names and
purposes, so of limbo and of generated chains only the good ones count. What the doctor makes of all of them is in
`tests/robustness`: `test_pkits`, `test_limbo`, `test_generated_chains`.
"""

from __future__ import annotations

import ipaddress
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from benchmarks import inspect_chain
from benchmarks.table import Row
from tests.certificates import ec_key, rsa_key
from tests.clock import NOW
from tests.robustness import limbo, pkits
from tests.robustness.comparing import judged
from tests.robustness.generating import sample

GENERATED, SEED = 600, 1
ROUNDS, IMPORTS = 300, 15
ANYWAY = verification.Criticality.AGNOSTIC
SERVERS = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


@dataclass(frozen=True)
class Case:
    """A leaf with the certificates that come with it, the roots (DER), the host's name, and the time."""

    good: bool
    leaf: bytes
    others: Sequence[bytes]
    trusted: Sequence[bytes]
    name: str | None
    time: datetime


type Validator = Callable[[Case], bool]


def by_openssl(case: Case) -> bool:
    """OpenSSL's verdict."""
    try:
        leaf, *others = (crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in (case.leaf, *case.others))
        store = crypto.X509Store()
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
        store.set_time(case.time)
        for der in case.trusted:
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, der))
        crypto.X509StoreContext(store, leaf, others).verify_certificate()
    except (crypto.X509StoreContextError, crypto.Error):
        return False
    return True


def by_cryptography(case: Case) -> bool:
    """The verdict of `cryptography` with its defaults."""
    return _by_cryptography(case, verification.PolicyBuilder())


def by_loosened(case: Case) -> bool:
    """Its verdict where extensions matter only as far as the doctor and OpenSSL have them matter."""
    ca = verification.ExtensionPolicy.permit_all()
    ca = ca.require_present(x509.BasicConstraints, ANYWAY, _is_ca).may_be_present(x509.KeyUsage, ANYWAY, _signs)
    ca = ca.may_be_present(x509.ExtendedKeyUsage, ANYWAY, _for_servers)
    leaf = verification.ExtensionPolicy.permit_all().may_be_present(x509.ExtendedKeyUsage, ANYWAY, _for_servers)
    if case.name:
        leaf = leaf.require_present(x509.SubjectAlternativeName, ANYWAY, None)  # without it names are not compared
    return _by_cryptography(case, verification.PolicyBuilder().extension_policies(ca_policy=ca, ee_policy=leaf))


def _is_ca(_policy: verification.Policy, _one: x509.Certificate, basic: x509.BasicConstraints) -> None:
    if not basic.ca:
        raise ValueError("no CA")


def _signs(_policy: verification.Policy, _one: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage and not usage.key_cert_sign:
        raise ValueError("signs no certificates")


def _for_servers(_policy: verification.Policy, _one: x509.Certificate, usage: x509.ExtendedKeyUsage | None) -> None:
    if usage is not None and not SERVERS & set(usage):
        raise ValueError("not for servers")


def _by_cryptography(case: Case, builder: verification.PolicyBuilder) -> bool:
    try:
        leaf, *others = (x509.load_der_x509_certificate(der) for der in (case.leaf, *case.others))
        store = verification.Store([x509.load_der_x509_certificate(der) for der in case.trusted])
        builder = builder.store(store).time(case.time)
        if case.name:
            builder.build_server_verifier(_subject(case.name)).verify(leaf, others)
        else:
            builder.build_client_verifier().verify(leaf, others)
    except (verification.VerificationError, ValueError, x509.UnsupportedGeneralNameType):
        return False
    return True


def _subject(name: str) -> verification.Subject:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


VALIDATORS: dict[str, Validator] = {
    "OpenSSL": by_openssl,
    "cryptography's verification": by_cryptography,
    "the same, loosened": by_loosened,
}


def of_pkits() -> list[Case]:
    """The paths of PKITS that need neither revocation lists nor policies."""
    anchor = [pkits.der(pkits.ANCHOR)]
    return [Case(one.good, one.path[0], one.path[1:], anchor, None, pkits.TIME) for one in pkits.CASES]


def of_limbo() -> list[Case]:
    """x509-limbo's good cases for servers; none where it is absent."""
    return [
        Case(True, one.leaf, one.intermediates, one.trusted, one.name[1] if one.name else None, one.time)
        for one in (limbo.cases() if limbo.FILE.exists() else [])
        if one.good
    ]


def generated() -> list[Case]:
    """Generated chains that both `openssl verify` and the doctor take."""
    samples = (sample(SEED, number) for number in range(GENERATED))
    good = [
        one for one in map(judged, samples) if one.openssl.taken and one.doctor.taken and len(one.sample.leaves) == 1
    ]
    return [
        Case(True, one.leaf.der, one.sample.file[1:], one.sample.trusted or one.sample.roots, one.sample.host, NOW)
        for one in good
        if one.sample.file[0] == one.leaf.der
    ]


def measure() -> list[Row]:
    """What the validators decide, and what they cost."""
    warnings.simplefilter("ignore")  # of odd certificates, each once
    return [*_verdicts(), *_costs(), *_import()]


def _verdicts() -> list[Row]:
    rows = []
    for corpus, cases in (("PKITS", of_pkits()), ("x509-limbo, good", of_limbo()), ("generated, good", generated())):
        for number, (name, takes) in enumerate(VALIDATORS.items()):
            wrong = sum(takes(case) != case.good for case in cases)
            what = f"{corpus}: of {len(cases)} cases decided wrongly by {name}" if not number else f"by {name}"
            rows += [Row(what, wrong)] if cases else []
    return rows


def _costs() -> list[Row]:
    rows = []
    for key, new_key in (("RSA 2048", rsa_key), ("P-256", ec_key)):
        leaf, *others, root = (
            one.public_bytes(Encoding.DER)
            for one in x509.load_pem_x509_certificates(inspect_chain.sample(new_key).content)
        )
        case = Case(True, leaf, others, [root], inspect_chain.NAMES[0], NOW)
        ours, theirs = _seconds(case, by_openssl, by_cryptography)
        rows.append(Row(f"verifying a chain of four, {key}: OpenSSL ÷ cryptography's", ours / theirs))
        rows.append(Row("that by OpenSSL, µs", ours * 1e6))
    return rows


def _seconds(case: Case, *validators: Validator) -> list[float]:
    """CPU seconds of each, the median; in turn, so that what else the machine does weighs on all."""
    seconds: list[list[float]] = [[] for _ in validators]
    for _ in range(ROUNDS):
        for takes, times in zip(validators, seconds, strict=True):
            started = time.process_time()
            if not takes(case):
                raise RuntimeError("a good chain is refused")
            times.append(time.process_time() - started)
    return [statistics.median(times) for times in seconds]


def _import() -> list[Row]:
    """CPU beside `cryptography.x509`, which is imported anyway."""
    modules = ("cryptography.x509", "OpenSSL.crypto")
    seconds: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(IMPORTS):
        for module, times in seconds.items():
            program = f"import time, cryptography.x509, {module}; print(time.process_time())"
            done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
            times.append(float(done.stdout))
    bare, with_openssl = (statistics.median(seconds[module]) for module in modules)
    return [Row("importing OpenSSL.crypto beside cryptography.x509, ms", (with_openssl - bare) * 1e3)]
