"""The vendor file of the console is what `make vendor` writes, and says whose work it is."""

from __future__ import annotations

import json
from pathlib import Path

from local.setup import CONSOLE
from local.vendor import LICENCES, SCRIPT, VENDORED, packages, write


def test_the_vendor_file_is_made_of_what_the_lock_names_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path)
    for name in (SCRIPT, LICENCES):
        assert (tmp_path / name).read_bytes() == (VENDORED / name).read_bytes(), f"run make vendor: {name}"


def test_the_licence_of_each_package_is_there() -> None:
    text = (VENDORED / LICENCES).read_text()
    locked = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    assert set(packages()) >= {"preact", "@preact/signals", "htm", "oauth4webapi"}
    for name, path in packages().items():
        assert f"{name} {locked[path]['version']}\n" in text
