"""The catalogue has every setting that is read, and says the truth of it; docs/settings.md is written from it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from functions.model.errors import BadSettings
from functions.settings.catalogue import CATALOGUE
from functions.settings.documented import MAIL_WAITS, NEEDED, NO_TIMER, NOTHING_RUNS, THE_DEFAULT, Setting
from functions.settings.load import QUEUES, Settings, client_id, load_settings, queues_url
from local.functions_host import ROOT
from tests.app_settings import settings_of_bindings, settings_read
from tests.sample_settings import FULL, REFERENCE
from tests.settings_page import PAGE, written

NAMES = {one.name for one in CATALOGUE}
OF_THE_APP = [one for one in CATALOGUE if one.name in settings_read()]
OF_THE_HOST = {"AzureWebJobsStorage__blobServiceUri", QUEUES}  # its own storage, which no binding names


def load(name: str, value: str) -> Settings:
    """The settings as the app reads them, with one value. Raises BadSettings."""
    env = FULL | {name: value}
    client_id(env)
    queues_url(env)
    return load_settings(env)


def by_name(setting: Setting) -> str:
    return setting.name


def test_every_setting_that_is_read_stands_there_once_and_in_the_sample() -> None:
    read = settings_read() | settings_of_bindings()
    assert len(settings_read()) >= 10
    assert read | OF_THE_HOST == NAMES
    assert len(CATALOGUE) == len(NAMES)
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"].keys()
    assert NAMES - sample == set()
    assert {one for one in sample if one.startswith("CERTFLOW_")} - NAMES == set()


@pytest.mark.parametrize("setting", OF_THE_APP, ids=by_name)
def test_it_says_what_holds_while_a_setting_cannot_work(setting: Setting) -> None:
    try:
        settings = load(setting.name, REFERENCE)
    except BadSettings:
        assert setting.if_wrong == NOTHING_RUNS
        return
    assert setting.if_wrong != NOTHING_RUNS
    assert setting.if_wrong.endswith(" waits") == bool(settings.channels.waiting)
    assert (setting.if_wrong == MAIL_WAITS) <= ("email" in settings.channels.waiting)
    if setting.if_wrong == THE_DEFAULT:
        bare = load_settings({key: value for key, value in FULL.items() if key != setting.name})
        assert replace(settings, faults=()) == bare


@pytest.mark.parametrize("setting", [one for one in CATALOGUE if one.default == NEEDED], ids=by_name)
def test_what_is_needed_is_missed(setting: Setting) -> None:
    if setting.name in settings_read():
        with pytest.raises(BadSettings, match=f"^{setting.name}: it is not set"):
            load(setting.name, "")
    else:
        assert setting.if_wrong == NO_TIMER or "host" in setting.if_wrong


OWN_DEFAULTS = [one for one in OF_THE_APP if re.fullmatch("`(?!CERTFLOW_)[^` ]+`", one.default)]


@pytest.mark.parametrize("setting", OWN_DEFAULTS, ids=by_name)
def test_the_default_is_what_holds_without_the_setting(setting: Setting) -> None:
    given, bare = load(setting.name, setting.default.strip("`")), load(setting.name, "")
    assert given.faults == ()
    assert with_trust_of_all_vaults(given) == with_trust_of_all_vaults(bare)


def with_trust_of_all_vaults(settings: Settings) -> Settings:
    """Vaults that go by their files may be named or left out."""
    options = settings.options
    return replace(settings, options=replace(options, trusted={one: options.takes(one) for one in settings.vaults}))


def test_the_page_is_current() -> None:
    """If not: `python -m tests.settings_page --write`."""
    assert PAGE.read_text() == written(PAGE.read_text())


def test_the_page_keeps_what_is_written_by_hand_and_nothing_else() -> None:
    page = written("# Settings\n\nBy hand.\n\n## Old\n\n| `OLD` |\n")
    assert page.startswith("# Settings\n\nBy hand.\n\n## Vaults")
    assert "OLD" not in page
    assert set(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)) == NAMES
