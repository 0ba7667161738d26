"""What the lists of the API read of older and of later versions."""

from __future__ import annotations

from functions.triggers.http.types.answers import NamedFile
from functions.triggers.http.types.from_ledger import _known


def test_a_field_that_a_later_version_has_stored_is_passed_over() -> None:
    stored = {"name": "web.pem", "sha256": "0" * 64, "uploader": "somebody", "colour": "red"}
    file = _known(NamedFile, stored)
    assert (file.name, file.sha256) == ("web.pem", "0" * 64)
