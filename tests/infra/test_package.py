"""The app's part of the package: the product alone, and small. What it needs is tested in tests/thorough/infra."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from functions.triggers.console.files import static_files
from local import package
from local.functions_host import ROOT
from local.package import app_files, write_zip
from tests.clock import HANG

LARGEST = 900_000  # bytes
ALONGSIDE = {"host.json", "requirements.txt", "function_app.py"}


def test_the_apps_part_is_the_product_and_nothing_else_and_small(tmp_path: Path) -> None:
    files = {str(path) for path in app_files()}
    expected = {str(path.relative_to(ROOT)) for path in (ROOT / "functions").rglob("*.py")}
    pages = {f"functions/console/static/{path}" for path in static_files()}
    assert files == ALONGSIDE | expected | pages
    target = tmp_path / "app.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in app_files():
            archive.write(ROOT / path, path)
    assert 0 < target.stat().st_size < LARGEST


def test_when_and_by_whom_files_were_written_is_not_packed(tmp_path: Path) -> None:
    packed = []
    for number, names in enumerate((("a/b.py", "a.py", "z.so"), ("z.so", "a.py", "a/b.py"))):
        folder = tmp_path / str(number)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
            (folder / name).chmod(0o600 + number * 0o155)
            os.utime(folder / name, (1e9 + number * 1e6,) * 2)
        write_zip(folder, tmp_path / f"{number}.zip")
        packed.append((tmp_path / f"{number}.zip").read_bytes())
    assert packed[0] == packed[1]
    with zipfile.ZipFile(tmp_path / "0.zip") as archive:
        assert archive.namelist() == ["a.py", "a/b.py", "z.so"]
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


def test_commands_are_taken_away_with_their_rows(tmp_path: Path) -> None:
    about = tmp_path / "one-1.0.dist-info"
    about.mkdir()
    (about / "RECORD").write_text("bin/one,sha256=x,1\none/bin/data.py,sha256=y,2\none-1.0.dist-info/RECORD,,\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "one").write_text("#!/a/path/of/this/machine/python\n")
    (tmp_path / ".lock").touch()
    package._remove_commands(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one-1.0.dist-info"]
    assert (about / "RECORD").read_text() == "one/bin/data.py,sha256=y,2\none-1.0.dist-info/RECORD,,\n"


def test_a_package_that_cannot_be_built_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "__init__.py").write_text("version = 1\n")
    monkeypatch.setattr(package, "ROOT", tmp_path)
    with pytest.raises(package.PackageFailed, match=r"functions/__init__\.py has no line with __version__"):
        package.version()
    monkeypatch.setattr(package, "build", lambda *_: package.version())
    assert package.main() == 1
    assert capsys.readouterr().err.startswith("make package: functions/__init__.py")


def test_an_extra_that_there_is_not_is_named_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert package.main("slack") == 1
    assert capsys.readouterr().err == "make package: there is no extra 'slack'; EXTRAS is left out, or apprise\n"


@pytest.mark.parametrize("extras", ["apprise slack", "apprise,slack", "Apprise", "-h", "../requirements"])
def test_of_several_extras_none_is_left_out_in_silence(extras: str) -> None:
    make = ("make", "package", "--silent", "--old-file=setup", f"EXTRAS={extras}")
    done = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, timeout=HANG)
    assert done.returncode != 0
    assert f"there is no extra '{extras}'; EXTRAS is left out, or apprise\n" in done.stderr
