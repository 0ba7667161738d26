"""What the files of a vault in the container of trusted CAs say: whose certificates it accepts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.app.context_parts import HasTrusted
from functions.app.contexts import EventsContext, TrustContext
from functions.chains.validation.trust import Trust, trust_of
from functions.model.errors import BadSettings
from functions.model.options import Takes
from functions.model.trusted_places import ALL_VAULTS, CA_CONTAINER, place_of
from functions.ports.chain_files import TrustedFile
from functions.ports.monitoring_store import TrustNote, TrustState
from functions.x509.describe import printed
from functions.x509.key_ids import own_key_ids

# How long a vault without files goes on merging after an update, if it merged without any file
# before; people are told meanwhile. A new vault has no such time.
NOTICE = timedelta(days=14)
MAX_WHY = 1000  # characters of the reason why nothing is merged
# Key identifiers of trusted CAs in a note, which is one property of a table row. Mozilla's list has
# 150; where a vault trusts more than this the audit says nothing of its CAs.
MAX_NOTED_ANCHORS = 500

# The files of all vaults, or why the container cannot be read.
type Listing = Sequence[TrustedFile] | BadSettings


@dataclass(frozen=True, slots=True)
class VaultTrust:
    """What a vault's files say. `trust` is None if nothing is merged in the vault, and `why` says
    the reason. `sha256` is over the files, `until` is when a vault without files ends to merge.
    """

    state: TrustState
    trust: Trust | None
    sha256: str = ""
    why: str | None = None
    until: datetime | None = None


async def list_files(certflow: HasTrusted) -> Listing:
    """All files in the container; the BadSettings if it cannot be read. Raises Unavailable."""
    try:
        return await certflow.trusted.listed()
    except BadSettings as error:
        return error


async def read_trust(
    certflow: TrustContext, vault: str, listed: Listing, known: TrustNote | None
) -> VaultTrust:
    """Reads a vault's files. `known` is what was noted of them before. Raises Unavailable."""
    takes = certflow.options.takes(vault)
    try:
        files = await _files(certflow, vault, listed)
        trust = trust_of(files, place_of(vault))
    except BadSettings as error:
        # `until` is kept: the vault goes on merging up to then once this is fixed.
        until = await _until(certflow, vault, known) if takes is Takes.FILES else None
        why = printed(str(error), MAX_WHY)
        return VaultTrust(TrustState.UNREADABLE, None, why=why, until=until)
    if takes is Takes.PUBLIC:
        return VaultTrust(TrustState.PUBLIC, trust, _sha256_of(files))
    if trust.anchors:
        return VaultTrust(TrustState.SET, trust, _sha256_of(files))
    return await _without_a_ca(certflow, vault, known, trust)


def files_of(listed: Sequence[TrustedFile], vault: str) -> list[TrustedFile]:
    """The files that count for a vault (alias): those in its folder, and those for all vaults."""
    return [one for one in listed if folder_of(one) in {vault, ALL_VAULTS}]


def folder_of(file: TrustedFile) -> str | None:
    """The first folder in a file's name, lower-case as aliases are; None for a file in none."""
    folder, slash, _ = file.name.partition("/")
    return folder.lower() if slash else None


def fingerprint(listed: Listing, vault: str) -> str:
    """A text that changes when a file of the vault is added, changed or removed."""
    if isinstance(listed, BadSettings):
        return str(listed)
    names = sorted((one.name, one.etag) for one in files_of(listed, vault))
    return hashlib.sha256(repr(names).encode()).hexdigest()


def anchor_ids(trust: Trust | None) -> tuple[str, ...]:
    """The key identifiers (hex) of the trusted CAs, sorted; none if they are too many."""
    anchors = trust.anchors.values() if trust else ()
    found = {key for same in anchors for one in same for key in own_key_ids(one)}
    return tuple(sorted(found)) if len(found) <= MAX_NOTED_ANCHORS else ()


def was_set(known: TrustNote | None, takes: Takes) -> bool:
    """Whether the vault has had a file since `takes` was set as it is; a new value starts anew."""
    return known is not None and known.once and known.takes == takes


async def _files(certflow: TrustContext, vault: str, listed: Listing) -> dict[str, bytes]:
    """The contents of a vault's files by name, with the public CAs if it accepts those. Raises
    BadSettings.
    """
    if isinstance(listed, BadSettings):
        raise listed
    files = {
        f"{CA_CONTAINER}/{one.name}": await certflow.trusted.content(one)
        for one in files_of(listed, vault)
    }
    if certflow.options.takes(vault) is Takes.PUBLIC:
        files["the public CAs"] = certflow.trusted.public()
    return files


async def _without_a_ca(
    certflow: TrustContext, vault: str, known: TrustNote | None, trust: Trust
) -> VaultTrust:
    """The trust of a vault whose files have no CA; `trust` is the one without anchors."""
    takes, place = certflow.options.takes(vault), place_of(vault)
    if takes is Takes.ANY and not was_set(known, takes):
        return VaultTrust(TrustState.ANY, trust)
    until = await _until(certflow, vault, known)
    if takes is Takes.FILES and until and certflow.now() < until:
        return VaultTrust(TrustState.ENDING, trust, until=until)
    gone = " any more" if known and known.once else ""
    why = (
        f"There is no CA's certificate in {place}{gone}. Put that of the CA there whose "
        "certificates the vault is to take; the word public in a file stands for the public CAs."
    )
    return VaultTrust(TrustState.NONE, None, why=why)


async def _until(certflow: EventsContext, vault: str, known: TrustNote | None) -> datetime | None:
    """Until when a vault without files goes on merging; None unless an older version of Certflow
    has scanned the vault, and this version sees its files for the first time.
    """
    if known is not None:
        return None if known.once else known.until
    survey = await certflow.monitoring_store.scan(vault)
    by_older_version = survey.finished is not None and survey.covers is None
    return certflow.now() + NOTICE if by_older_version else None


def _sha256_of(files: Mapping[str, bytes]) -> str:
    """One hash (hex) over names and contents; "" for no file."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        for name, content in sorted(files.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else ""
