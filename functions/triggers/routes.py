"""A route: one line of a table, and what every one of them has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import azure.functions as func

from functions.issuance.certflow import Certflow
from functions.triggers.answers import answered

CERTIFICATE = "vaults/{vault}/certificates/{name}"


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler is given: the use cases, and whether App Service authentication is on; both built on first use."""

    certflow: Callable[[], Certflow]
    app_service_auth: Callable[[], bool]


Handler = Callable[[func.HttpRequest, Context], Awaitable[func.HttpResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """A function's name, its template under `/api`, its method, and what it does. Templates never overlap: the host
    takes the first that matches (platform §2.1).
    """

    name: str
    template: str
    method: str
    handle: Handler
    anonymous: bool = False


def http_blueprint(routes: Iterable[Route], context: Context) -> func.Blueprint:
    """A function for each route."""
    blueprint = func.Blueprint()
    for route in routes:
        level = func.AuthLevel.ANONYMOUS if route.anonymous else None
        bind = blueprint.route(route=route.template, methods=[route.method], auth_level=level)
        blueprint.function_name(route.name)(bind(_function(route, context)))
    return blueprint


def _function(route: Route, context: Context) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    async def handle(req: func.HttpRequest) -> func.HttpResponse:
        return await answered(req, lambda: route.handle(req, context))

    return handle
