"""Who may see an approval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.access.rules import AccessRules
from functions.approvals.who import may_see
from functions.model.caller import Caller
from functions.model.request.actor import Actor
from tests.actors import person

ANN = person("ann@example.com")


@pytest.mark.parametrize(
    ("actor", "asker", "seen"),
    [
        (ANN, (ANN.tid, ANN.oid), True),
        (replace(ANN, name="another name"), (ANN.tid, ANN.oid), True),
        (ANN, (ANN.tid, "another"), False),
        (ANN, ("another tenant", ANN.oid), False),
        (replace(ANN, oid=None), (ANN.tid, None), False),  # what nobody has asked for is nobody's own
    ],
)
def test_without_a_grant_one_sees_what_one_has_asked_for(
    actor: Actor, asker: tuple[str | None, str | None], *, seen: bool
) -> None:
    assert may_see(AccessRules(), Caller(actor), "main", "web", asker) is seen
