"""Makes the functions of the routes: the check of who calls, then the handler.

A cold start waits for this module. So it imports no more than it needs, and its annotations are no
texts: the worker would compile those of each function.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.triggers.http.routes import Gate, Route

if TYPE_CHECKING:
    from functions.triggers.http.context import Context


def http_blueprint(
    routes: Iterable[Route], context: "Callable[[], Context]", *, signed_in: bool
) -> func.Blueprint:
    """Returns a function for each route; `context` returns what handlers get. With `signed_in` the
    host checks no key; our own check runs before each handler. Otherwise the host checks a function
    key for all but the open routes.
    """
    blueprint = func.Blueprint()
    for route in routes:
        free = signed_in or route.verb is Gate.OPEN
        level = func.AuthLevel.ANONYMOUS if free else None
        bind = blueprint.route(route=route.template, methods=[route.method], auth_level=level)
        blueprint.function_name(route.name)(bind(function_of(route, context)))
    return blueprint


def function_of(
    route: Route, context: "Callable[[], Context]"
) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    """Returns what the host calls for a route: the check, then the handler; any error of either
    becomes an answer with a body.
    """

    async def run(req: func.HttpRequest) -> func.HttpResponse:
        given = context()
        if given.sign_in is None or route.verb is Gate.OPEN:
            return await route.load()(req, given)
        from functions.triggers.http.grants.admission import admitted

        # The handler is loaded after the check: whoever may not call it loads nothing.
        call = await admitted(route, req, given)
        return await route.load()(req, call)

    async def handle(req: func.HttpRequest) -> func.HttpResponse:
        from functions.triggers.http.answers import answered

        return await answered(req, lambda: run(req))

    return handle
