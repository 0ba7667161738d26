"""Every recording of the real service, replayed against the emulator."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256

from conformance.accepted_differences import ACCEPTED, Accepted
from conformance.inventions import listed
from conformance.recordings import FOLDER, read
from conformance.replay import Outcome, replay
from keyvault_emulator import bodies, keys_and_csrs, vault
from keyvault_emulator.certificate import Certificate, Version
from keyvault_emulator.imports import Imported
from keyvault_emulator.operation import Operation
from keyvault_emulator.policy import KeyProperties, Policy, lay_over

FILES = sorted(FOLDER.glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason=f"no recorded traffic of Key Vault in {FOLDER}: nothing was compared")


@functools.cache
def replayed(path: Path) -> Outcome:
    """Each file is replayed once, however many tests look at it."""
    return asyncio.run(replay(read(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_emulator_answers_as_recorded(path: Path) -> None:
    found = [str(one) for one in replayed(path).differences if not any(row.covers(one) for row in ACCEPTED)]
    assert found == []


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row.what)
def test_every_accepted_difference_is_still_one(row: Accepted) -> None:
    differences = (one for path in FILES for one in replayed(path).differences)
    assert any(row.covers(one) for one in differences), f"not needed any more: {row}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_whatever_is_made_up_is_listed(path: Path) -> None:
    assert list(replayed(path).invented) == listed().get(path.stem, [])


def test_nothing_is_listed_of_recordings_that_there_are_not() -> None:
    assert listed().keys() <= {path.stem for path in FILES}


def test_an_emulator_that_answers_otherwise_is_noticed() -> None:
    """The other profile differs from recordings in just what its table says; each kind of difference is seen."""
    found = [one for path in FILES for one in asyncio.run(replay(read(path), "documented")).differences]
    new = {one.what for one in found if not any(row.covers(one) for row in ACCEPTED)}
    assert new >= {
        "header retry-after is missing",
        "key $.cancellation_requested is missing",
        "key $.status_details is extra",
        "value of $.error.code: recorded 'Conflict', ours 'Forbidden'",
    }


def _one_id(certificate: Certificate, operation: Operation) -> Version:
    return certificate.versions[operation.version]


def _as_sent(imported: Imported, sent: dict[str, Any]) -> Policy:
    return lay_over(Policy(key_props=KeyProperties(key_size=imported.key.key_size)), sent)


@pytest.mark.parametrize(
    ("where", "as_it_was", "recording", "noticed"),
    [
        (Certificate, {"make_whole": _one_id}, "extra-go2022__TestMergeCertificate", "recorded another id than before"),
        (Certificate, {"make_whole": _one_id}, "extra-java2018__certificateAsync", "key $.tags is extra"),
        (
            vault,
            {"policy_for": _as_sent},
            "extra-java2023__importPemCertificate",
            "value of $.policy.x509_props.subject",
        ),
        (
            keys_and_csrs,
            {"signature_hash": lambda _key: SHA256()},
            "extra-java2023__getCertificateSpecificVersion",
            "signature algorithm in $.csr",
        ),
        (bodies, {"_NOT_BY_VERSION": ()}, "extra-java2023__getCertificateSpecificVersion", "key $.policy is extra"),
    ],
)
def test_what_was_wrong_once_would_be_noticed(
    where: ModuleType | type, as_it_was: dict[str, Any], recording: str, noticed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One id for a half-made version and its certificate, imports as sent, one hash for all keys, and so on."""
    for name, old in as_it_was.items():
        monkeypatch.setattr(where, name, old)
    outcome = asyncio.run(replay(read(FOLDER / f"{recording}.json")))
    new = [one.what for one in outcome.differences if not any(row.covers(one) for row in ACCEPTED)]
    assert any(noticed in what for what in new), new
