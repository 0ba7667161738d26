"""Generated chains before both judges: `make chains` (COUNT chains of a new SEED, which it prints).

The doctor decides as `openssl verify` does, or one of the kinds of KINDS says why not; and what the doctor would merge
is verified by itself: by `openssl`, with nothing but the root beside it.
"""

from __future__ import annotations

import argparse
import collections
import functools
import secrets
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography import x509

from functions.chains.validation.build import by_key
from functions.chains.validation.checks import SKEW
from functions.x509.certificate import Certificate, load
from tests.certificates import SERVER
from tests.clock import NOW
from tests.robustness import mutations
from tests.robustness.generating import Sample, sample
from tests.robustness.mutations import ADDRESS, Mutation
from tests.robustness.oracles import Verdict, asked_for, doctor, openssl

AT_ONCE = 2  # processes of `openssl`


@dataclass(frozen=True)
class Judged:
    """A sample, and what the two judges say: `merged` is the second one's verdict on what the first would merge."""

    sample: Sample
    leaf: Certificate
    doctor: Verdict
    openssl: Verdict
    merged: Verdict | None

    @property
    def agree(self) -> bool:
        return self.doctor.taken == self.openssl.taken and (self.merged is None or self.merged.taken)

    @functools.cached_property
    def names(self) -> list[str]:
        """The DNS names of the leaf."""
        given = self.leaf.extension(x509.SubjectAlternativeName)
        return given.get_values_for_type(x509.DNSName) if given else []

    def after(self, *some: Mutation) -> bool:
        """Whether one of these mutations made the sample."""
        return bool({one.__name__ for one in some} & set(self.sample.mutations))

    def __str__(self) -> str:
        said = [self.doctor.said, self.openssl.said, self.merged and self.merged.said]
        verdicts = [self.doctor.taken, self.openssl.taken, self.merged and self.merged.taken]
        return f"{self.sample.seed} {self.sample.mutations}: doctor, openssl, merged: {verdicts} {said}"


def judged(one: Sample) -> Judged:
    """A sample before both judges. The leaf is the one that the product takes, of those with the key asked for."""
    certificates = [load(der) for der in one.file]
    leaf = by_key(certificates)[load(one.leaves[0]).key_sha256 or ""][0]
    kind = "ipAddresses" if one.host == ADDRESS else "dns_names"
    verdict = doctor(
        leaf.der, _without(one.file, leaf.der), one.trusted, lambda leaf: asked_for(leaf, {kind: {one.host}}), NOW
    )
    return Judged(one, leaf, verdict, _verified(one), _verified_merged(one, verdict) if verdict.taken else None)


def _verified(one: Sample, *, partial: bool = False) -> Verdict:
    """What OpenSSL says of the file: it takes it if it takes one of the certificates for the key."""
    partial = partial or one.partial
    verdicts = [
        openssl(leaf, _without(one.file, leaf), one.trusted or one.roots, one.host, NOW, partial=partial)
        for leaf in one.leaves
    ]
    return next((verdict for verdict in verdicts if verdict.taken), verdicts[0])


def _verified_merged(one: Sample, verdict: Verdict, at: timedelta = timedelta(0)) -> Verdict:
    """What OpenSSL says of the chain that would be merged, below the root alone to which the doctor says that it leads,
    or else below the CA at which it ends.
    """
    *merged, last = verdict.merged
    leaf, *others = verdict.merged
    root = verdict.root or (last if merged else one.roots[0])
    if one.trusted and not any(
        _same_ca(root_or_ca, trusted) for root_or_ca in (*others, root) for trusted in one.trusted
    ):
        return Verdict(False, ("the chain has no CA that is trusted",))
    return openssl(leaf, others, [root], one.host, NOW + at, partial=True)


def _same_ca(one: bytes, other: bytes) -> bool:
    """Whether two certificates are of one CA: name and key (RFC 5280 §6.1.1 d)."""
    mine, theirs = (x509.load_der_x509_certificate(der) for der in (one, other))
    return mine.subject == theirs.subject and mine.public_key() == theirs.public_key()


def _without(file: Iterable[bytes], leaf: bytes) -> list[bytes]:
    return [der for der in file if der != leaf]


@dataclass(frozen=True)
class Kind:
    """A difference that is accepted: why, when it is one, and mutations that make one."""

    reason: str
    holds: Callable[[Judged], bool]
    made_by: tuple[Mutation, ...]


# The doctor takes what `openssl verify` refuses.
TAKEN: dict[str, Kind] = {
    "clocks": Kind(
        "five minutes are granted to clocks that differ",
        lambda one: (
            not _merged_is_good(one) and any(_verified_merged(one.sample, one.doctor, at).taken for at in (-SKEW, SKEW))
        ),
        (mutations.by_another_clock,),
    ),
    "nothing known above": Kind(
        "nothing is trusted and the file has no root: what is above the chain's end is not known, and this is told",
        lambda one: not one.sample.trusted and not one.openssl.taken and "root-not-in-file" in one.doctor.said,
        (mutations.nothing_trusted, mutations.without_root, mutations.path_length),
    ),
    "an anchor all the same": Kind(
        "a root whose authority key identifier names another key is not self-signed to OpenSSL, unless it is told to "
        "take any trusted certificate for an anchor, as curl, Python (3.13) and RFC 5280 §6.1.1 do",
        lambda one: _merged_is_good(one) and _verified(one.sample, partial=True).taken,
        (mutations.other_key_ids,),
    ),
    "renewed": Kind(
        "what is trusted is a CA, by its name and key; the file has a newer certificate of it, and that is merged",
        lambda one: _merged_is_good(one) and one.after(mutations.renewed),
        (mutations.renewed,),
    ),
    "one way alone": Kind(
        "OpenSSL goes one way up and does not turn back; the doctor has found another one, which OpenSSL takes",
        lambda one: _merged_is_good(one),
        (mutations.rolled_over, mutations.cross_signed),
    ),
}


def _merged_is_good(one: Judged) -> bool:
    return one.merged is not None and one.merged.taken


# The doctor refuses what `openssl verify` takes.
BELOW_THE_ROOT = Kind(
    "the vault trusts the issuing CA, too, so that OpenSSL looks no further; those who know the root alone refuse it",
    lambda one: (
        one.sample.partial and not _verified(replace(one.sample, trusted=one.sample.roots, partial=False)).taken
    ),
    (mutations.all_cas_trusted, mutations.path_length),
)
NO_CA_TRUSTED = Kind(
    "what is set as trusted is no CA (RFC 5280 §4.2.1.9), which OpenSSL does not ask of it",
    lambda one: one.after(mutations.ca_no_more, mutations.version_1_ca, mutations.ca_usages),
    (mutations.ca_no_more,),
)


def _refused_among_cas(one: Judged) -> bool:
    """Whether OpenSSL refuses it, too, when it is given no certificates of issuers but those of CAs."""
    whole = one.sample

    def cas(some: Iterable[bytes]) -> tuple[bytes, ...]:
        return tuple(der for der in some if der in whole.leaves or _is_ca(der))

    given = replace(whole, file=cas(whole.file), trusted=cas(whole.trusted), roots=cas(whole.roots))
    return not _verified(given).taken


def _valid_now(one: Judged) -> Sample:
    """The sample without the CAs' certificates that are not valid now."""
    whole = one.sample

    def valid(some: Iterable[bytes]) -> tuple[bytes, ...]:
        views = ((der, load(der).view) for der in some)
        return tuple(
            der
            for der, view in views
            if der in whole.leaves or view.not_valid_before_utc <= NOW <= view.not_valid_after_utc
        )

    return replace(whole, file=valid(whole.file), trusted=valid(whole.trusted))


def _refused_in_time(one: Judged) -> bool:
    """Whether the doctor refuses it for a reason that is named, too, when it is given what is valid now alone."""
    given = _valid_now(one)
    return given != one.sample and bool(difference(judged(given)))


def _refused_below_the_files_roots(one: Judged) -> bool:
    """Whether OpenSSL refuses it, too, when it is given no roots but those of the file; one of all is not there."""
    roots = tuple(der for der in one.sample.roots if der in one.sample.file)
    return roots != one.sample.roots and not (roots and _verified(replace(one.sample, roots=roots)).taken)


def _covers_an_excluded_host(one: Judged) -> bool:
    """Whether a wildcard of the leaf covers a host that the name constraints of one of the CAs exclude."""
    limits = (load(der).extension(x509.NameConstraints) for der in (*one.sample.file, *one.sample.roots))
    trees = [tree for given in limits if given for tree in given.excluded_subtrees or ()]
    hosts = [tree.value.lower() for tree in trees if isinstance(tree, x509.DNSName)]
    return any(f"*.{host.partition('.')[2]}" in one.names for host in hosts)


def _is_ca(der: bytes) -> bool:
    basic = load(der).extension(x509.BasicConstraints)
    return basic is not None and basic.ca


OUT_OF_TIME = Kind(
    "of several ways up one has a certificate that is not valid now, and that is said; without it the doctor refuses "
    "for a reason that is named here",
    lambda one: _refused_in_time(one),
    (mutations.cross_signed, mutations.ca_no_more),
)
# And by the code of its error:
REFUSED: dict[str, Kind] = {
    "BadSettings": NO_CA_TRUSTED,
    "untrusted-ca": NO_CA_TRUSTED,
    "expired": OUT_OF_TIME,
    "not-yet-valid": OUT_OF_TIME,
    "expired, of the ways that are known": Kind(
        "nothing is trusted, and by a CA's certificate that has expired alone a way up is known to the doctor; OpenSSL "
        "was given a root that is not in the file",
        lambda one: not one.sample.trusted and _valid_now(one) != one.sample and _refused_below_the_files_roots(one),
        (mutations.cross_signed, mutations.without_root, mutations.nothing_trusted),
    ),
    "issuer-may-not-sign": Kind(
        "a wildcard covers a host that a CA may not issue for: BoringSSL, Go (CVE-2025-61727) and rustls-webpki refuse "
        "it, OpenSSL compares the names' texts (its issue 30706)",
        lambda one: _covers_an_excluded_host(one),
        (mutations.wildcard_over_what_is_excluded,),
    ),
    "issuer-may-not-sign, as it is no CA": Kind(
        "nothing is trusted, and the root in the file is no CA (RFC 5280 §4.2.1.9), which OpenSSL does not ask of it",
        lambda one: not one.sample.trusted and one.after(mutations.ca_no_more) and _refused_among_cas(one),
        (mutations.ca_no_more, mutations.one_damaged, mutations.nothing_trusted),
    ),
    "missing-intermediate": Kind(
        "nothing is trusted, and the issuer is not in the file: OpenSSL was given the root, the doctor was not",
        lambda one: not one.sample.trusted and _refused_below_the_files_roots(one),
        (mutations.nothing_trusted, mutations.without_root, mutations.with_strangers),
    ),
    "weak-key": Kind(
        "RSA keys below 2048 bits, curves below 224: browsers and Go refuse them, OpenSSL at its security level 2",
        lambda one: one.after(mutations.weak),
        (mutations.weak,),
    ),
    "weak-signature": Kind(
        "SHA-1: browsers and Go refuse it, OpenSSL at its security level 2",
        lambda one: one.after(mutations.weak),
        (mutations.weak,),
    ),
    "bad-signature": Kind(
        "nothing is trusted, and the root in the file is damaged: the doctor knows no other, OpenSSL was given one",
        lambda one: not one.sample.trusted and one.after(mutations.one_damaged),
        (mutations.nothing_trusted, mutations.one_damaged),
    ),
    "leaf-is-ca": Kind(
        "a CA's certificate for a server: whoever has the server's key could issue certificates",
        lambda one: (basic := one.leaf.extension(x509.BasicConstraints)) is not None and basic.ca,
        (mutations.leaf_is_ca,),
    ),
    "usage-unfit": Kind(
        "a step-up of browsers of the nineties, which OpenSSL alone still takes for serverAuth",
        lambda one: SERVER not in (one.leaf.extension(x509.ExtendedKeyUsage) or ()),
        (mutations.leaf_for_purposes,),
    ),
    "name-missing": Kind(
        "a part of a label by a wildcard, or the common name: RFC 9525 has neither, and browsers take neither",
        lambda one: not one.names or any(set(name.partition(".")[0]) > {"*"} for name in one.names),
        (mutations.names_in_other_ways,),
    ),
}


def difference(one: Judged) -> str | None:
    """The kind of a difference: a key of TAKEN or REFUSED, or empty if none says why. None: the judges agree."""
    if one.agree:
        return None
    if one.doctor.taken:
        return next((name for name, kind in TAKEN.items() if kind.holds(one)), "")
    return _why_refused(one, one.doctor.said)


def _why_refused(one: Judged, codes: Sequence[str]) -> str:
    if BELOW_THE_ROOT.holds(one):
        return "below the root"
    kinds = [_kind_of(one, code) for code in codes]
    return kinds[0] if all(kinds) else ""


def _kind_of(one: Judged, code: str) -> str:
    """The kind of REFUSED that says why of this code; what follows a comma in its name tells it from others."""
    return next((name for name, kind in REFUSED.items() if name.partition(",")[0] == code and kind.holds(one)), "")


def compared(samples: Iterable[Sample]) -> Iterator[tuple[Judged, str | None]]:
    """Each sample before both judges, and the kind of their difference."""

    def both(one: Sample) -> tuple[Judged, str | None]:
        found = judged(one)
        return found, difference(found)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(both, samples)


def main() -> int:
    """Compares, prints what differs without a reason, and how often each kind did; 1 if there is any without."""
    warnings.simplefilter("ignore")  # of odd certificates, each once
    parser = argparse.ArgumentParser(prog="make chains", description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"chains: {given.count} with SEED={seed}", flush=True)
    counted: collections.Counter[str] = collections.Counter()
    for one, kind in compared(sample(seed, number) for number in range(given.count)):
        counted["agree" if kind is None else kind or "WITHOUT A REASON"] += 1
        counted["taken" if one.doctor.taken else "refused"] += 1
        if kind == "":
            print(one, flush=True)
    for name, number in counted.most_common():
        print(f"  {number:6,}  {name}")
    return 1 if counted["WITHOUT A REASON"] else 0


if __name__ == "__main__":
    sys.exit(main())
