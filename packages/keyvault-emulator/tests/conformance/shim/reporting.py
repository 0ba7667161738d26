"""A pytest plugin: keeps the tests that need a service, the long ones first, and writes down how each ended."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ALL_VERSIONS = os.environ["CONFORMANCE_MODE"] == "all-versions"
LONG = ("test_get_certificate_version", "test_recover_and_purge", "test_example_certificate_backup_restore")
BESIDE = ("test_parse_certificate_id_with_version",)  # needs a service, too, and has no versions
NEEDS_ITS_SLEEP = "test_crud_operations"  # without its second of sleep, `updated` may not move (protocol §8)

_ended: dict[str, tuple[str, str]] = {}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    service: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        runs = "api_version" in getattr(item, "fixturenames", ()) or item.name in BESIDE
        left_out = ALL_VERSIONS and item.name.startswith(NEEDS_ITS_SLEEP)
        (service if runs and not left_out else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = sorted(service, key=lambda item: not item.name.startswith(LONG))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Every phase counts: a test has passed if no phase failed and its body was run."""
    old = _ended.get(report.nodeid, ("passed", ""))
    if report.skipped and isinstance(report.longrepr, tuple):
        _ended[report.nodeid] = ("skipped", report.longrepr[2].removeprefix("Skipped: "))
    else:
        _ended[report.nodeid] = ("failed", report.longreprtext) if report.failed else old


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the workers' reports come to the one that started them
        Path(os.environ["CONFORMANCE_REPORT"]).write_text(json.dumps(_ended))
