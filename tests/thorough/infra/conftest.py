"""Ends the Bicep CLI that the tests of this folder keep running, when a worker has no more of them: it holds memory."""

from __future__ import annotations

import pytest

from local.bicep_cli import BICEP


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or nextitem.path.parent != item.path.parent:
        BICEP.close()
