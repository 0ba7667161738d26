"""The scenarios once more, where Key Vault does as its documentation says and not as was observed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.api import Client
from tests.e2e.certificate import Certificate
from tests.e2e.requests import test_scenarios
from tests.e2e.stack import running_up

globals().update({name: test for name, test in vars(test_scenarios).items() if name.startswith("test_")})


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    options = ("--issuing-delay", "1.5", "--profile", "documented")
    with running_up(tmp_path_factory.mktemp("documented"), *options) as (_, described):
        yield described


@pytest.fixture
async def certificate(client: Client, name: str) -> Certificate:
    return Certificate(client, name, documented=True)
