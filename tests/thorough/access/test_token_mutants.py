"""Every mutant of what decides on a token is killed by the tables of good and bad tokens."""

from __future__ import annotations

from types import ModuleType

import pytest

from functions.adapters.entra import claims, tokens
from functions.model.caller import Caller
from functions.model.errors import Unauthenticated
from tests.bad_tokens import BAD_TOKENS
from tests.clock import NOW
from tests.entra_tokens import Forge
from tests.good_tokens import GOOD_TOKENS
from tests.mutants import judge

FORGE = Forge(NOW)
PUBLISHED = FORGE.key.public_key()
# A token is signed once and not for each mutant.
GOOD = [(good, good.header(FORGE)) for good in GOOD_TOKENS]
BAD = [(bad, bad.header(FORGE)) for bad in BAD_TOKENS]


def caller_of(authorization: str | None) -> Caller:
    token = tokens.token_of(authorization)
    if tokens.key_id_of(token) != FORGE.kid:
        raise Unauthenticated("The token is signed with a key that the tenant does not publish.")
    return claims.caller_from(tokens.claims_of(token, PUBLISHED), FORGE.registration, NOW)


def the_tables_hold() -> None:
    for good, header in GOOD:
        assert caller_of(header) == good.caller
    for bad, refused in BAD:
        with pytest.raises(Unauthenticated) as caught:
            caller_of(refused)
        assert bad.says in str(caught.value)


@pytest.mark.parametrize(("module", "least"), [(tokens, 80), (claims, 120)])
def test_each_mutant_is_killed(module: ModuleType, least: int) -> None:
    verdict = judge(module, the_tables_hold)
    assert verdict.count >= least
    assert verdict.survivors == []
