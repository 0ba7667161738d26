"""Tests that cannot run on this machine say so, also in a quiet run that shows one letter for a skip."""

from __future__ import annotations

from typing import NoReturn

import pytest


def skip_loudly(request: pytest.FixtureRequest, reason: str) -> NoReturn:
    """Skips, and writes the reason to the terminal however quiet the run is."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter is not None and capture is not None:
        with capture.global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(f"WARNING: {request.node.name} skips: {reason}", yellow=True, bold=True)
    pytest.skip(reason)
