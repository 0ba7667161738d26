"""Every recording of the real service, replayed against the stand-in."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path

import pytest

from tests.conformance.accepted_differences import ACCEPTED, Accepted
from tests.conformance.differences import Difference
from tests.conformance.recordings import FOLDER, read
from tests.conformance.replay import replay

FILES = sorted(FOLDER.glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason=f"no recorded traffic of Key Vault in {FOLDER}: nothing was compared")


@functools.cache
def differences(path: Path) -> list[Difference]:
    """Each file is replayed once, however many tests look at it."""
    return asyncio.run(replay(read(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_standin_answers_as_recorded(path: Path) -> None:
    found = [str(one) for one in differences(path) if not any(row.covers(one) for row in ACCEPTED)]
    assert found == []


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row.what)
def test_every_accepted_difference_is_still_one(row: Accepted) -> None:
    assert any(row.covers(one) for path in FILES for one in differences(path)), f"not needed any more: {row}"


def test_a_standin_that_answers_otherwise_is_noticed() -> None:
    """The other profile differs from recordings in just what its table says; each kind of difference is seen."""
    found = [one for path in FILES for one in asyncio.run(replay(read(path), "documented"))]
    new = {one.what for one in found if not any(row.covers(one) for row in ACCEPTED)}
    assert new >= {
        "header retry-after is missing",
        "key $.cancellation_requested is missing",
        "key $.status_details is extra",
        "error.code: recorded 'Conflict', ours 'Forbidden'",
    }
