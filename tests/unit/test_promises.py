"""The promises around the code: which functions there are, which way imports point."""

from __future__ import annotations

import ast
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.triggers.http.routes import ROUTES
from local.functions_host import ROOT
from local.working_copy import working_copy
from tests.app_settings import bindings

CORE = (
    "x509",
    "model",
    "access",
    "ports",
    "app",
    "requests",
    "notifications",
    "approvals",
    "chains",
    "inventory",
    "record",
    "monitoring",
    "live",
    "board",
)


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import hides where it points"
            yield node.module or ""


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def test_the_app_has_exactly_these_functions() -> None:
    unsaid = {"name", "direction"}
    triggers = {name: {k: v for k, v in one.items() if k not in unsaid} for name, (one, *_) in bindings().items()}
    certificate, key = "vaults/{vault}/certificates/{name}", "FUNCTION"
    http = {
        "create_certificate": (f"{certificate}/create", "POST", key),
        "get_pending": (f"{certificate}/pending", "GET", key),
        "cancel_pending": (f"{certificate}/pending", "PATCH", key),
        "delete_pending": (f"{certificate}/pending", "DELETE", key),
        "merge_pending": (f"{certificate}/pending/merge", "POST", key),
        "get_pending_view": (f"{certificate}/pending/view", "GET", key),
        "get_board": ("board", "GET", key),
        "get_csr": (f"{certificate}/pending/csr", "GET", key),
        "list_approvals": ("approvals", "GET", key),
        "get_approval": ("approvals/{id}", "GET", key),
        "approve": ("approvals/{id}/approve", "POST", key),
        "refuse": ("approvals/{id}/refuse", "POST", key),
        "withdraw": ("approvals/{id}/withdraw", "POST", key),
        "get_csrs": ("csrs", "GET", key),
        "get_audit": ("audit", "GET", key),
        "get_plan": ("plan", "GET", key),
        "list_messages": ("messages", "GET", key),
        "list_history": ("history", "GET", key),
        "acknowledge_pending": (f"{certificate}/pending/acknowledge", "POST", key),
        "test_notifications": ("notifications/test", "POST", key),
        "get_history": (f"{certificate}/history", "GET", key),
        "get_certificate": (certificate, "GET", key),
        "tag_certificate": (certificate, "PATCH", key),
        "list_certificates": ("certificates", "GET", key),
        "list_vaults": ("vaults", "GET", key),
        "return_chain": ("chains", "POST", key),
        "inspect_chain": ("chains/inspect", "POST", key),
        "retry_chain": ("chains/retry", "POST", key),
        "list_requests": ("requests", "GET", key),
        "access": ("access", "GET", key),
        "status": ("status", "GET", key),
        "rebuild": ("rebuild", "POST", key),
        "openapi": ("openapi.json", "GET", key),
        "health": ("health", "GET", "ANONYMOUS"),
        "console": ("console/{*path}", "GET", "ANONYMOUS"),
    }
    assert triggers == {
        name: {"type": "httpTrigger", "route": route, "methods": [method], "authLevel": level}
        for name, (route, method, level) in http.items()
    } | {
        "check": {"type": "timerTrigger", "schedule": "%CERTFLOW_CHECK_SCHEDULE%", "runOnStartup": False},
        "discover": {"type": "timerTrigger", "schedule": "%CERTFLOW_DISCOVER_SCHEDULE%", "runOnStartup": False},
        "daily": {"type": "timerTrigger", "schedule": "%CERTFLOW_DAILY_SCHEDULE%", "runOnStartup": False},
        "sweep": {"type": "timerTrigger", "schedule": "%CERTFLOW_SWEEP_SCHEDULE%", "runOnStartup": False},
        "vault_events": {"type": "eventGridTrigger"},
        "notify": {"type": "eventGridTrigger"},
        "dropped_chain": {
            "type": "blobTrigger",
            "path": "chains/{name}",
            "connection": "ChainStorage",
            "source": "EventGrid",
            "dataType": "BINARY",
        },
        "stuck_chain": {
            "type": "queueTrigger",
            "queueName": "webjobs-blobtrigger-poison",
            "connection": "ChainStorage",
        },
    } | {
        name: {"type": "queueTrigger", "queueName": queue, "connection": "AzureWebJobsStorage"}
        for name, queue in (
            ("vault_shift", "certflow-vaults"),
            ("first_look", "certflow-looks"),
            ("send_gathered", "certflow-channels"),
            ("queued_vault_events", "certflow-vault-events"),
            ("queued_notify", "certflow-events"),
            ("queued_drop", "certflow-drops"),
            ("queued_stuck_drop", "certflow-drops-poison"),
            ("poison_vault_events", "certflow-vault-events-poison"),
            ("poison_notify", "certflow-events-poison"),
        )
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_has_its_handler(route: Any) -> None:
    handler = route.load()
    assert inspect.iscoroutinefunction(handler)
    assert list(inspect.signature(handler).parameters) == ["req", "context"]


@pytest.mark.parametrize("auth", ["entra", "keys"])
def test_indexing_imports_no_use_case_no_sdk_and_no_parser(auth: str) -> None:
    look = "import function_app, sys; print(*sys.modules)"
    environment = {**os.environ, "CERTFLOW_AUTH": auth}
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, check=True, capture_output=True, text=True, env=environment
    )
    loaded = done.stdout
    ours = {name for name in loaded.split() if name.startswith("functions.")}
    rooms = {"functions.model", "functions.ports", "functions.settings"}
    assert {name for name in ours if not name.startswith("functions.triggers")} - rooms == {
        "functions.access",
        "functions.access.verbs",
        "functions.model.log",
        "functions.ports.work_queue",
        "functions.settings.auth_mode",
    }
    assert {"cryptography", "jwt", "msgspec", "azure.core", "azure.identity", "aiohttp"}.isdisjoint(loaded.split())


@pytest.mark.parametrize("file", modules("functions"), ids=str)
def test_the_product_imports_nothing_from_the_laptop(file: Path) -> None:
    of_the_laptop = {"local", "tests", *(path.name for path in ROOT.glob("packages/*/src/*"))}
    assert len(of_the_laptop) > 6
    assert [name for name in imports(file) if name.split(".")[0] in of_the_laptop] == []


@pytest.mark.parametrize("file", [file for room in CORE for file in modules(f"functions/{room}")], ids=str)
def test_the_core_imports_the_standard_library_cryptography_openssl_and_itself(file: Path) -> None:
    allowed = sys.stdlib_module_names | {"cryptography", "OpenSSL"}
    outside = [name for name in imports(file) if name.split(".")[0] not in allowed]
    assert [name for name in outside if not f"{name}.".startswith(tuple(f"functions.{room}." for room in CORE))] == []


@pytest.mark.parametrize("file", modules("functions/triggers"), ids=str)
def test_triggers_do_not_know_the_adapters(file: Path) -> None:
    assert [name for name in imports(file) if name.startswith("functions.adapters")] == []


@pytest.mark.parametrize("file", [*modules("functions"), ROOT / "function_app.py"], ids=str)
def test_only_the_composition_root_hands_the_environment_to_the_settings(file: Path) -> None:
    reads = "os.environ" in file.read_text() or "getenv" in file.read_text()
    # The doctor's page asks a terminal's two habits (NO_COLOR, TERM); they are no settings.
    assert reads == (file.name in {"function_app.py", "doctor_page.py"})


def test_what_a_function_logs_is_kept_and_what_the_platform_logs_of_it_is_not() -> None:
    """host.json turns two records of each execution down; without its own line a function's records go with them."""
    levels = json.loads((ROOT / "host.json").read_text())["logging"]["logLevel"]
    own = {category: level for category, level in levels.items() if category.startswith("Function.")}
    assert own == {f"Function.{name}.User": "Information" for name in bindings()}
    assert levels["Function"] == "Warning"


def test_no_file_is_a_link_which_a_copy_or_an_archive_of_the_repository_may_not_keep() -> None:
    files = working_copy()
    assert files
    assert [path for path in files if (ROOT / path).is_symlink()] == []
