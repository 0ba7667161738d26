"""The promises around the code: which functions there are, which way imports point, what the settings are."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import function_app
from functions.triggers.routes import ROUTES

ROOT = Path(__file__).resolve().parents[2]


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


@functools.cache
def bindings() -> dict[str, list[dict[str, Any]]]:
    """The app's bindings by function; the SDK lets an app be asked only once."""
    return {str(one.get_function_name()): json.loads(str(one))["bindings"] for one in function_app.app.get_functions()}


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
        "get_csr": (f"{certificate}/pending/csr", "GET", key),
        "get_csrs": ("csrs", "GET", key),
        "acknowledge_pending": (f"{certificate}/pending/acknowledge", "POST", key),
        "test_notifications": ("notifications/test", "POST", key),
        "get_history": (f"{certificate}/history", "GET", key),
        "inspect_chain": ("chains/inspect", "POST", key),
        "retry_chain": ("chains/retry", "POST", key),
        "list_requests": ("requests", "GET", key),
        "status": ("status", "GET", key),
        "openapi": ("openapi.json", "GET", key),
        "health": ("health", "GET", "ANONYMOUS"),
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


def test_indexing_imports_no_use_case_no_sdk_and_no_parser() -> None:
    look = "import function_app, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    ours = {name for name in loaded.split() if name.startswith(("functions.issuance.", "functions.adapters."))}
    assert ours == {"functions.issuance.journal", "functions.issuance.queues"}
    assert {"cryptography", "msgspec", "azure.core", "azure.identity", "aiohttp"}.isdisjoint(loaded.split())


@pytest.mark.parametrize("file", modules("functions"), ids=str)
def test_the_product_imports_nothing_from_the_laptop(file: Path) -> None:
    assert [name for name in imports(file) if name.split(".")[0] in {"local", "tests"}] == []


@pytest.mark.parametrize("file", modules("functions/issuance"), ids=str)
def test_the_core_imports_the_standard_library_cryptography_openssl_and_itself(file: Path) -> None:
    allowed = sys.stdlib_module_names | {"cryptography", "OpenSSL"}
    outside = [name for name in imports(file) if name.split(".")[0] not in allowed]
    assert [name for name in outside if not name.startswith("functions.issuance")] == []


@pytest.mark.parametrize("file", modules("functions/triggers"), ids=str)
def test_triggers_do_not_know_the_adapters(file: Path) -> None:
    assert [name for name in imports(file) if name.startswith("functions.adapters")] == []


@pytest.mark.parametrize("file", [*modules("functions"), ROOT / "function_app.py"], ids=str)
def test_only_the_composition_root_hands_the_environment_to_the_settings(file: Path) -> None:
    reads = "os.environ" in file.read_text() or "getenv" in file.read_text()
    # The doctor's page asks a terminal's two habits (NO_COLOR, TERM); they are no settings.
    assert reads == (file.name in {"function_app.py", "doctor_page.py"})


def settings_read() -> set[str]:
    files = ("settings.py", "channel_settings.py", "role_settings.py")
    source = "".join((ROOT / "functions" / name).read_text() for name in files)
    return set(re.findall(r'"((?:CERTFLOW|AZURE|WEBSITE)_[A-Z_]+|[A-Za-z]+__[A-Za-z]+)"', source))


def test_what_a_function_logs_is_kept_and_what_the_platform_logs_of_it_is_not() -> None:
    """host.json turns two records of each execution down; without its own line a function's records go with them."""
    levels = json.loads((ROOT / "host.json").read_text())["logging"]["logLevel"]
    own = {category: level for category, level in levels.items() if category.startswith("Function.")}
    assert own == {f"Function.{name}.User": "Information" for name in bindings()}
    assert levels["Function"] == "Warning"


def settings_of_bindings() -> set[str]:
    found = set()
    for binding in (one for some in bindings().values() for one in some):
        found |= {name for value in binding.values() for name in re.findall(r"%(\w+)%", str(value))}
        if "connection" in binding:
            found |= {f"{binding['connection']}__blobServiceUri", f"{binding['connection']}__queueServiceUri"}
    return found


def test_every_setting_is_in_the_sample_and_in_the_readmes_table() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())
    rows = set(
        re.findall(
            r"^\| `((?:CERTFLOW|AZURE|WEBSITE)_\w+|\w+__\w+)`", (ROOT / "README.md").read_text(), flags=re.MULTILINE
        )
    )
    needed = settings_read() | settings_of_bindings()
    assert len(settings_read()) >= 10
    assert needed - set(sample["Values"]) == set()
    assert needed - rows == set()
    assert rows - needed - {"AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__queueServiceUri"} == set()
