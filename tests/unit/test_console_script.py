"""What a browser runs of the console is what `make console` writes, and says whose work it is."""

from __future__ import annotations

import json
from pathlib import Path

from local.console_script import LICENCES, PAGES, WRITTEN, packages, write
from local.setup import CONSOLE


def test_the_files_are_made_of_the_source_and_of_what_the_lock_names_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path)
    for name in WRITTEN:
        assert (tmp_path / name).read_bytes() == (PAGES / name).read_bytes(), f"run make console: {name}"


def test_the_licence_of_each_package_is_there() -> None:
    text = (PAGES / LICENCES).read_text()
    locked = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    assert set(packages()) >= {"preact", "@preact/signals", "htm", "oauth4webapi"}
    for name, path in packages().items():
        assert f"{name} {locked[path]['version']}\n" in text
