"""`make demo`: its stories end as told, and its pictures show what they are about and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from local.functions_host import ROOT
from tests.clock import HANG

WIDTH = 90  # of the terminal


@pytest.fixture(scope="module")
def told() -> str:
    command = [sys.executable, "-m", "local.demo"]
    environment = os.environ | {"COLUMNS": str(WIDTH)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * HANG, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_story_has_a_card_and_a_mail_of_its_own_and_no_other(told: str) -> None:
    assert "Certflow has scanned both vaults once" in told.partition("a. DigiCert")[0]
    stories = re.split(r"^[a-e]\. ", told, flags=re.MULTILINE)[1:]
    assert [re.findall(r"─ Teams: (.*?) ─", one) for one in stories] == [
        ["Certificate issued: shop-web in main"],
        ["Certificate issued: intranet in main"],
        ["Certificate request failed: partner in main"],
        ["Chain rejected: payroll-chain.pem (for payroll in main)"],
        ["Approved: wild-shop in main"],
    ]
    assert all(len(re.findall(r"─ Mail to ", one)) == 1 for one in stories)
    assert "Now watching" not in told


def test_the_second_story_ends_with_a_server_that_shows_what_was_merged(told: str) -> None:
    story = " ".join(told.partition("b. A CA of your own")[2].partition("c. DigiCert")[0].split())
    steps = (
        "Today's certificate of the intranet is in the vault, and on a server: first.servers.localhost:",
        "Merged, and the file moved",
        "Is it served? GET …/certificates/intranet → old: It shows an earlier version",
        "The vault's secret, chain and key, put on the server",
        "→ live: served since ",
        "A card in Teams, and a mail to you@example.com: Served: intranet",
    )
    places = [story.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


def test_no_line_is_longer_than_the_terminal_is_wide(told: str) -> None:
    assert [line for line in told.splitlines() if len(line) > WIDTH] == []
