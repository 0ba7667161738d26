"""What must stand before any test is imported: pytest imports this file before any other.

The CA that the product's own clients trust in these tests: they find it as on the laptop, by SSL_CERT_FILE, and aiohttp
reads that once, when it is imported.

CERTFLOW_TEST_DAYS moves the date of this process by as many days, to prove that no test depends on it: for the unit
tests, which start no program that tells the time (`make test-any-date`).
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine

from keyvault_emulator.tls import LocalCa
from local.bicep_cli import BICEP
from tests.clock import real_now
from tests.one_stack import OneStack, is_of_infra, shares_a_stack

DAYS = float(os.environ.get("CERTFLOW_TEST_DAYS", "0"))
if DAYS:
    time_machine.travel(real_now() + timedelta(days=DAYS), tick=True).start()

# An example may take as long as the machine needs: by itself Hypothesis would say at 200 ms that a test has failed.
# `make test-all` tries more of them.
EXAMPLES = int(os.environ.get("CERTFLOW_TEST_EXAMPLES", "30"))
hypothesis.settings.register_profile("certflow", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("certflow")

_CA = LocalCa()
_DIRECTORY = tempfile.TemporaryDirectory(prefix="certflow-ca-")
os.environ["SSL_CERT_FILE"] = str(_CA.write_ca(Path(_DIRECTORY.name) / "ca.pem"))


@pytest.fixture(scope="session")
def trusted_ca() -> LocalCa:
    return _CA


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneStack:
    """One worker has all files that share a stack, which waits as often as it works; the others work meanwhile."""
    return OneStack(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that share a stack come first, because one worker has them all; of these last those with few tests,
    which leave the most behind: the interleavings leave hundreds of requests to be checked.
    """
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (0, -tests[item.path]) if shares_a_stack(item.path) else (1, 0))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stops what is kept running after the last test that needs it: the shared stack takes a tenth of a core when
    nobody calls, and the Bicep CLI much memory.
    """
    if shares_a_stack(item.path) and nextitem is not None and not shares_a_stack(nextitem.path):
        SHARED.close()
    if is_of_infra(item.path) and (nextitem is None or not is_of_infra(nextitem.path)):
        BICEP.close()


# Last, when what is above stands: the stack that a worker's end-to-end tests share, wherever they lie.
from tests.e2e.stack import SHARED, ca, client, name, own, own_stack, stack  # noqa: E402

__all__ = ["ca", "client", "name", "own", "own_stack", "stack"]
