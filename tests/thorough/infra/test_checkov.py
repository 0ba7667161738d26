"""Checkov finds nothing in what would be deployed but what has its reason in checkov_reasons.py."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from pathlib import Path
from typing import Any

from local.bicep_check import INFRA
from tests.thorough.infra.checkov import Seen, look_at, plain
from tests.thorough.infra.checkov_reasons import REASONS, SITE, STORAGE, VAULT


def resources(snapshot: str) -> list[dict[str, Any]]:
    read = json.loads((INFRA / "examples" / f"{snapshot}.snapshot.json").read_text())
    return list(read["predictedResources"])


@functools.cache
def seen() -> Seen:
    """What it says of all examples together."""
    with tempfile.TemporaryDirectory() as folder:
        for file in (INFRA / "examples").glob("*.snapshot.json"):
            name = file.name.partition(".")[0]
            Path(folder, f"{name}.json").write_text(plain(resources(name)))
        return look_at(Path(folder))


def test_each_finding_has_its_reason_and_each_reason_its_finding() -> None:
    assert seen().failed == set(REASONS)


def test_it_has_looked_at_what_matters() -> None:
    looked = {kind for _, kind in seen().passed | seen().failed}
    assert {SITE, STORAGE, VAULT, "Microsoft.Web/serverfarms", "Microsoft.EventGrid/topics"} <= looked
    assert seen().resources > 200


def test_it_sees_what_is_made_worse(tmp_path: Path) -> None:
    worse = copy.deepcopy(resources("private"))
    for one in worse:
        if one["type"] == STORAGE:
            one["properties"] |= {"minimumTlsVersion": "TLS1_0", "supportsHttpsTrafficOnly": False}
        if one["type"] == SITE:
            one["properties"]["httpsOnly"] = False
    (tmp_path / "worse.json").write_text(plain(worse))
    # Secure transfer, the version of TLS, and HTTPS only, which three checks ask for.
    new = {("CKV_AZURE_3", STORAGE), ("CKV_AZURE_44", STORAGE)}
    new |= {(f"CKV_AZURE_{number}", SITE) for number in (14, 70, 153)}
    assert look_at(tmp_path).failed - set(REASONS) == new
    assert new <= seen().passed
