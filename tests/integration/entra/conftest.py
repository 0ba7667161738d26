"""A tenant for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from keyvault_emulator.tls import LocalCa
from tests.integration.entra.published import Published, publishing


@pytest.fixture
async def published(trusted_ca: LocalCa) -> AsyncIterator[Published]:
    async with publishing(trusted_ca) as published:
        yield published
