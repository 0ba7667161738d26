"""Which tokens let a caller in, and whom they name. Signatures, keys and tokens are real."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.adapters.entra.claims import caller_from
from functions.adapters.entra.tokens import MAX_TOKEN, claims_of, key_id_of, token_of
from functions.model.caller import Caller
from functions.model.errors import Unauthenticated
from tests import bad_tokens
from tests.bad_tokens import BAD_TOKENS, BadToken
from tests.clock import NOW
from tests.entra_tokens import Forge
from tests.good_tokens import GOOD_TOKENS, GoodToken

FORGE = Forge(NOW)


def caller_of(authorization: str | None) -> Caller:
    """As the adapter asks, with the one key that the tenant publishes."""
    token = token_of(authorization)
    if key_id_of(token) != FORGE.kid:
        raise Unauthenticated("The token is signed with a key that the tenant does not publish.")
    return caller_from(claims_of(token, FORGE.key.public_key()), FORGE.registration, NOW)


@pytest.mark.parametrize("good", GOOD_TOKENS, ids=str)
def test_a_token_of_entra_names_its_caller(good: GoodToken) -> None:
    assert caller_of(good.header(FORGE)) == good.caller


@pytest.mark.parametrize("bad", BAD_TOKENS, ids=str)
def test_another_token_is_refused_in_one_sentence(bad: BadToken) -> None:
    header = bad.header(FORGE)
    with pytest.raises(Unauthenticated) as caught:
        caller_of(header)
    said = str(caught.value)
    assert bad.says in said
    assert said.endswith(".")
    assert "\n" not in said
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    parts = [part for part in (header or "").removeprefix("Bearer ").split(".") if len(part) > 8]
    assert [part for part in parts if part in said] == []


def test_the_table_has_every_kind() -> None:
    names = [bad.name for bad in BAD_TOKENS]
    assert len(names) == len(set(names)) >= 60
    assert bad_tokens.MAX_TOKEN == MAX_TOKEN


def test_nothing_is_read_of_a_token_that_is_too_long() -> None:
    fits, over = "Bearer " + "a" * MAX_TOKEN, "Bearer " + "a" * (MAX_TOKEN + 1)
    with pytest.raises(Unauthenticated, match="three parts"):
        token_of(fits)
    with pytest.raises(Unauthenticated, match="longer than"):
        token_of(over)


def test_no_other_module_reads_tokens() -> None:
    root = Path(__file__).parents[4] / "functions"
    users = {file.stem for file in root.rglob("*.py") if "import jwt" in file.read_text()}
    assert users == {"tokens", "published_keys"}
