"""The emulator's page says what there is: every switch with its default, every profile row, every way through."""

from __future__ import annotations

import re
from pathlib import Path

from keyvault_emulator.profile import DOCUMENTED
from keyvault_emulator.unkindness import KIND, Unkindness

PAGE = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def shown(value: object) -> str:
    return {"None": "none", "False": "off", "True": "on"}.get(str(value), str(value))


def test_every_switch_stands_in_the_table_with_its_default() -> None:
    told = {name.strip("`").removeprefix("--").replace("-", "_"): default for name, _, default in rows("Switches")}
    assert told == {name: shown(getattr(KIND, name)) for name in Unkindness.__struct_fields__}


def test_every_row_of_the_profiles_stands_in_the_table() -> None:
    assert len(rows("Profiles")) == len(DOCUMENTED)


def test_every_address_of_the_control_door_stands_in_the_table() -> None:
    told = {f"{word} {path}" for request, _ in rows("Control door") for words, path in asked(request) for word in words}
    source = (Path(__file__).parents[1] / "src" / "keyvault_emulator" / "control.py").read_text(encoding="utf-8")
    assert told == {f"{method} {path}" for method, path in re.findall(r'\("([A-Z]+)", "(\w+)", self', source)}


def asked(cell: str) -> list[tuple[list[str], str]]:
    text = cell.replace("`", "").replace(",", "")
    *methods, path = text.split()
    return [(methods, path)]


def test_it_opens_with_what_it_does_not_do() -> None:
    assert PAGE.split("\n## ")[1].startswith("What it does not do\n")
