"""The check before a route: what the host checks by itself, and what a caller hears while the check cannot be made."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import azure.functions as func
import pytest

from functions.app.context import Certflow
from functions.model.caller import Caller
from functions.model.errors import BadSettings
from functions.model.request.actor import Actor, ActorKind
from functions.triggers.http.blueprint import function_of, http_blueprint
from functions.triggers.http.context import Context
from functions.triggers.http.routes import ROUTES, Gate
from tests.unit.signed_in import ROUTE, ForgedSignIn, error_of
from tests.unit.triggers.http.grants.test_five_teams import working


@dataclass
class OneCaller:
    """The port `SignIn`, for which everybody is the same caller. It keeps what it was asked by."""

    caller: Caller
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:
        self.asked.append((authorization, key))
        return self.caller


def a_call(**headers: str) -> func.HttpRequest:
    return func.HttpRequest(method="GET", url="https://app.example.com/api/requests", headers=headers, body=b"")


class Told(logging.Handler):
    """Keeps the errors that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def logged() -> Iterator[list[str]]:
    """What the app logs as an error meanwhile."""
    logger, handler = logging.getLogger("certflow"), Told()
    logger.addHandler(handler)
    try:
        yield handler.said
    finally:
        logger.removeHandler(handler)


@pytest.mark.parametrize("entra", [True, False])
def test_the_host_checks_keys_where_nobody_signs_in_and_no_key_at_an_open_route(*, entra: bool) -> None:
    def certflow() -> Certflow:
        raise AssertionError("nothing is read when the functions are made")

    app = func.FunctionApp()
    app.register_functions(
        http_blueprint(ROUTES, lambda: Context(certflow, sign_in=ForgedSignIn if entra else None), signed_in=entra)
    )
    found: dict[str, Any] = {str(one.get_function_name()): one.get_trigger() for one in app.get_functions()}
    assert found.keys() == {one.name for one in ROUTES}
    for one in ROUTES:
        trigger = found[one.name]
        free = entra or one.verb is Gate.OPEN
        level = func.AuthLevel.ANONYMOUS if free else func.AuthLevel.FUNCTION
        assert (trigger.route, trigger.auth_level) == (one.template, level)
        assert [str(getattr(method, "name", method)) for method in trigger.methods] == [one.method]


async def test_while_a_setting_is_wrong_a_caller_hears_no_more_than_that_and_the_log_has_it() -> None:
    def certflow() -> Certflow:
        raise BadSettings("CERTFLOW_VAULTS: prod-hr is no vault.")

    caller = OneCaller(Caller(Actor(ActorKind.PERSON, name="ann")))
    with logged() as said:
        answer = await function_of(ROUTE["list_requests"], lambda: Context(certflow, sign_in=lambda: caller))(a_call())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "prod-hr" not in answer.get_body().decode()
    assert "a setting is wrong" in error_of(answer)["error"]["message"]
    assert [one for one in said if '"event": "wrong-setting"' in one and "prod-hr is no vault" in one]


async def test_a_function_key_that_still_counts_may_do_everything() -> None:
    api = await working()
    caller = OneCaller(Caller(Actor(ActorKind.KEY)))
    call = a_call(**{"x-functions-key": "old"})
    answer = await function_of(ROUTE["list_requests"], lambda: Context(api.certflow, sign_in=lambda: caller))(call)
    assert caller.asked == [(None, "old")]
    assert len(error_of(answer)["value"]) == len(api.vaults)
