"""`make demo`: its stories end as told, and its pictures show what they are about and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from local.functions_host import ROOT
from tests.clock import HANG


@pytest.fixture(scope="module")
def told() -> str:
    command = [sys.executable, "-m", "local.demo"]
    environment = os.environ | {"COLUMNS": "90"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * HANG, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_story_has_a_card_and_a_mail_of_its_own_and_no_other(told: str) -> None:
    assert "Certflow has scanned both vaults once" in told.partition("a. DigiCert")[0]
    stories = re.split(r"^[a-d]\. ", told, flags=re.MULTILINE)[1:]
    assert [re.findall(r"─ Teams: (.*?) ─", one) for one in stories] == [
        ["Certificate issued: shop-web in main"],
        ["Certificate issued: intranet in main"],
        ["Certificate request failed: partner in main"],
        ["Chain rejected: payroll-chain.pem (for payroll in main)"],
    ]
    assert all(len(re.findall(r"─ Mail to ", one)) == 1 for one in stories)
    assert "Now watching" not in told
