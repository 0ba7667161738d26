"""A release is of the version that its tag names, and says what has changed."""

from __future__ import annotations

import json

import pytest

from functions import __version__
from local import package
from local.bicep_check import INFRA
from local.package import FORM, PACKAGE, SBOM, SUMS, TEMPLATE
from local.release import NotReleasable, check_release_file, main, notes_for
from tests.infra.workflows import workflow

ADDRESS = "https://forge.example.com/somebody/certflow"
CHANGELOG = """# Changelog

## Unreleased

- Later.

## 1.2.3 (of a day)

- A thing.

### More

- Another thing.

## 1.2.2

## 1.2.1

- One.

## 1.2.1

- Two.
"""


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes_for("v1.2.3", "1.2.3", CHANGELOG) == "- A thing.\n\n### More\n\n- Another thing."


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.2", "v1.2.3-rc1", "latest"])
def test_a_tag_of_another_version_is_refused(tag: str) -> None:
    with pytest.raises(NotReleasable, match=rf"the tag is {tag}, but functions/__init__\.py says 1\.2\.3"):
        notes_for(tag, "1.2.3", CHANGELOG)


@pytest.mark.parametrize("version", ["1.2", "1.2.2", "1.2.1", "1.2.4"])
def test_a_version_that_the_changelog_says_nothing_of_or_names_twice_is_refused(version: str) -> None:
    with pytest.raises(NotReleasable, match=rf"CHANGELOG\.md needs one section `## {version}`"):
        notes_for(f"v{version}", version, CHANGELOG)


def test_a_template_that_would_fetch_another_package_is_refused() -> None:
    """One of another version, or, in a fork, of the repository that it comes from."""
    check_release_file(ADDRESS, "1.2.3", f'{{"version": "1.2.3", "repository": "{ADDRESS}"}}')
    for repository, version in (("", "1.2.3"), (f"{ADDRESS}-fork", "1.2.3"), (ADDRESS, "1.2.2")):
        with pytest.raises(NotReleasable, match=r"infra/release\.json has to be .*1\.2\.3"):
            check_release_file(ADDRESS, "1.2.3", f'{{"version": "{version}", "repository": "{repository}"}}')


def test_the_program_asks_for_the_version_of_the_product(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert package.version() == __version__
    monkeypatch.setattr("local.release.check_release_file", lambda *_: None)
    assert main("v0.0.0", ADDRESS) == 1
    assert capsys.readouterr().err == (
        f"release: the tag is v0.0.0, but functions/__init__.py says {__version__}: change one of the two\n"
    )
    monkeypatch.setattr("local.release.version", lambda: "1.2.3")
    monkeypatch.setattr("local.release.notes_for", lambda tag, version, _: f"{tag} is {version}")
    assert main("v1.2.3", ADDRESS) == 0
    assert capsys.readouterr().out == "v1.2.3 is 1.2.3\n"


def test_what_is_published_is_what_was_built_after_the_tests() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert jobs["test"]["uses"].endswith("/.github/workflows/ci.yml")
    assert (jobs["build"]["needs"], jobs["publish"]["needs"]) == ("test", "build")
    built = [step["run"] for step in jobs["build"]["steps"] if "run" in step]
    of_this = '"$GITHUB_REF_NAME" "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"'
    assert built == ["make package", f".venv/bin/python -m local.release {of_this} >dist/notes.md"]
    *_, create = [step["run"].split() for step in jobs["publish"]["steps"] if "run" in step]
    assert create[:4] == ["gh", "release", "create", '"$GITHUB_REF_NAME"']
    assert create[-5:] == [PACKAGE, SBOM, TEMPLATE, FORM, SUMS]


def test_the_template_of_a_release_fetches_the_package_of_that_release() -> None:
    """azuredeploy.json is made of infra/release.json, and names what release.yml puts there; no Bicep CLI is asked."""
    release = json.loads((INFRA / "release.json").read_text())
    template = json.loads((INFRA / TEMPLATE).read_text())
    assert template["parameters"]["packageUri"]["defaultValue"] == (
        "[if(equals(parameters('roles'), 'list'), '', __bicep.releasedPackage())]"
    )
    (made,) = (one["members"]["releasedPackage"] for one in template["functions"] if one["namespace"] == "__bicep")
    repository, at = release["repository"], f"{{0}}/releases/download/v{{1}}/{PACKAGE}"
    address = f"format('{at}', '{repository}', '{release['version']}')"
    assert made["output"]["value"] == f"[if(empty('{repository}'), '', {address})]"


def test_both_are_attested_and_the_package_by_what_is_in_it() -> None:
    steps = [step for step in workflow("release.yml")["jobs"]["publish"]["steps"] if "actions/attest@" in str(step)]
    assert [step["with"] for step in steps] == [
        {"subject-checksums": f"dist/{SUMS}"},
        {"subject-path": f"dist/{PACKAGE}", "sbom-path": f"dist/{SBOM}"},
    ]


def test_only_the_job_that_runs_nothing_of_ours_may_publish() -> None:
    jobs = workflow("release.yml")["jobs"]
    assert {name for name, job in jobs.items() if "write" in job["permissions"].values()} == {"publish"}
    assert not any("checkout" in str(step) for step in jobs["publish"]["steps"])
