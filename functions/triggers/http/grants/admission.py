"""The check before every route: who calls, and whether they may. It runs before anything else of
the call is looked at, and what it answers does not depend on what exists.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.access.verbs import Verb
from functions.app.access import access_in_force
from functions.model.errors import BadSettings, Unavailable
from functions.model.log import record
from functions.triggers.http.caller_access import CallerAccess
from functions.triggers.http.routes import Gate

if TYPE_CHECKING:
    from collections.abc import Mapping

    import azure.functions as func

    from functions.app.context import Certflow
    from functions.triggers.http.context import Context
    from functions.triggers.http.routes import Route

WRONG_SETTING = "a setting is wrong; its log says which"
AFTER_A_FIX = 60  # seconds until a caller may try again: somebody has to change a setting first


async def admitted(route: Route, req: func.HttpRequest, context: Context) -> Context:
    """Returns the context of one call: with its caller, with what the caller may do, and with
    dependencies that show no more than that. Raises Unauthenticated, Forbidden, Unavailable.
    """
    assert context.sign_in is not None, "function keys are checked by the host"  # noqa: S101
    caller = await context.sign_in().caller_of(
        req.headers.get("authorization"), req.headers.get("x-functions-key")
    )
    app = _dependencies(context)
    place = app.access_files.place if app.access_files else ""
    access = CallerAccess(caller, await access_in_force(app), place)
    _check(route, req.route_params, access)
    verbs = tuple(Verb) if isinstance(route.verb, Gate) else (route.verb,)
    shown = access.narrowed(app, *verbs)
    return replace(context, certflow=lambda: shown, caller=caller, access=access)


def _dependencies(context: Context) -> Certflow:
    """The dependencies of the use cases. Raises Unavailable while a setting without which nothing
    runs is wrong: which one is for the log, for it is not known yet what this caller may hear.
    """
    try:
        return context.certflow()
    except BadSettings as error:
        record("wrong-setting", level=logging.ERROR, reason=str(error))
        raise Unavailable("The app", WRONG_SETTING, retry_after=AFTER_A_FIX) from None


def _check(route: Route, path: Mapping[str, str], access: CallerAccess) -> None:
    """Raises Forbidden unless the caller may call this route."""
    if isinstance(route.verb, Gate):
        return
    if route.whole:
        access.require(route.verb)
    elif "vault" not in path:
        access.require_some(route.verb)
    elif route.verb is Verb.REQUEST:
        access.require_place(path["vault"], path["name"])
    else:
        access.require(route.verb, path["vault"], path["name"])
