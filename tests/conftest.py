"""The CA that the product's own clients trust in these tests.

They find it as on the laptop, by SSL_CERT_FILE. aiohttp reads that once, when it is imported, so it is set here, in the
file that pytest imports before any other.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import hypothesis
import pytest

from local.tls import LocalCa

# An example may take as long as the machine needs: by itself Hypothesis would say at 200 ms that a test has failed.
hypothesis.settings.register_profile("certflow", deadline=None)
hypothesis.settings.load_profile("certflow")

_CA = LocalCa()
_DIRECTORY = tempfile.TemporaryDirectory(prefix="certflow-ca-")
os.environ["SSL_CERT_FILE"] = str(_CA.write_ca(Path(_DIRECTORY.name) / "ca.pem"))


@pytest.fixture(scope="session")
def trusted_ca() -> LocalCa:
    return _CA
