"""What the first screen of README says of Azure: never run there, what it costs, and when the button begins."""

from __future__ import annotations

import json
import re

from local.functions_host import ROOT

README = (ROOT / "README.md").read_text()
SCREEN = " ".join(README.partition("**For whom.**")[0].split())
COSTS = (ROOT / "docs" / "operations.md").read_text().partition("\n## Cost a month\n")[2].partition("\n## ")[0]


def test_it_says_that_it_was_not_run_there_and_leads_to_the_list() -> None:
    assert "has not run in an Azure subscription yet" in SCREEN
    assert "docs/deploy.md#what-only-a-subscription-can-tell" in SCREEN


def test_the_cost_is_the_sum_of_the_table() -> None:
    rows = dict(re.findall(r"^\| (app|logs|alerts|storage)\b[^|]* \| ([^|]+) \|", COSTS, re.MULTILINE))
    assert len(rows) == 4
    most = sum(float(cell.removeprefix("under ")) for cell in rows.values())
    (said,) = re.findall(r"about (\d+) \$ a month with one vault", SCREEN)
    assert int(said) == round(most)
    assert f"about {said} $ with one vault" in (ROOT / "infra" / "main.bicep").read_text()


RELEASE = json.loads((ROOT / "infra" / "release.json").read_text())


def test_the_button_is_promised_as_long_as_there_is_no_release() -> None:
    """With the first release, infra/release.json has the address, and README the button itself."""
    assert ("begins with the first release" in SCREEN) == (not RELEASE["repository"])
    assert ("aka.ms/deploytoazurebutton" in README) == bool(RELEASE["repository"])


def test_no_page_has_another_address_of_the_repository_than_the_release() -> None:
    """As long as there is none, the page that leads through a deployment has words in its place, and says so."""
    page = (ROOT / "docs" / "deploy.md").read_text()
    owner, repository = RELEASE["repository"].split("/")[-2:] if RELEASE["repository"] else ("OWNER", "REPOSITORY")
    version = f"v{RELEASE['version']}" if RELEASE["repository"] else "vVERSION"
    places = re.findall(r"githubusercontent\.com" + r"(?:/|%2F)([\w.-]+?)" * 3 + r"(?:/|%2F)", page)
    assert len(places) == 3
    assert set(places) == {(owner, repository, version)}
    assert ("There is no release yet" in page) == (not RELEASE["repository"])
