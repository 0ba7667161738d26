"""The table of all routes, with the handler of each, and the functions made of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

import azure.functions as func

from functions.triggers.http.context import Context

CERTIFICATE_ROUTE = "vaults/{vault}/certificates/{name}"


Handler = Callable[[func.HttpRequest, Context], Awaitable[func.HttpResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One function of the API: its name, its path under `/api`, its method, and its handler, which
    is written as a module beside this one and a function in it.
    """

    name: str
    template: str
    method: str
    handler: str
    anonymous: bool = False

    def load(self) -> Handler:
        """Imports and returns the handler. That happens on first use, so that a cold start does not
        wait for it.
        """
        module, _, name = self.handler.partition(".")
        return cast("Handler", getattr(import_module(f"functions.triggers.http.{module}"), name))


# No two templates match the same path, because the host takes the first that matches (platform
# §2.1).
ROUTES = (
    Route(
        "create_certificate",
        f"{CERTIFICATE_ROUTE}/create",
        "POST",
        "certificates.create_certificate",
    ),
    Route("get_pending", f"{CERTIFICATE_ROUTE}/pending", "GET", "certificates.get_pending"),
    Route("cancel_pending", f"{CERTIFICATE_ROUTE}/pending", "PATCH", "certificates.cancel_pending"),
    Route(
        "delete_pending", f"{CERTIFICATE_ROUTE}/pending", "DELETE", "certificates.delete_pending"
    ),
    Route(
        "merge_pending", f"{CERTIFICATE_ROUTE}/pending/merge", "POST", "certificates.merge_pending"
    ),
    Route("get_csr", f"{CERTIFICATE_ROUTE}/pending/csr", "GET", "certificates.get_csr"),
    Route(
        "acknowledge_pending",
        f"{CERTIFICATE_ROUTE}/pending/acknowledge",
        "POST",
        "notifications.acknowledge_pending",
    ),
    Route("get_history", f"{CERTIFICATE_ROUTE}/history", "GET", "overview.get_history"),
    Route("list_requests", "requests", "GET", "overview.list_requests"),
    Route("get_csrs", "csrs", "GET", "csrs.get_csrs"),
    Route("inspect_chain", "chains/inspect", "POST", "chains.inspect_chain"),
    Route("retry_chain", "chains/retry", "POST", "chains.retry_chain"),
    Route("test_notifications", "notifications/test", "POST", "notifications.test_notifications"),
    Route("status", "status", "GET", "status.get_status"),
    Route("rebuild", "rebuild", "POST", "status.rebuild"),
    Route("health", "health", "GET", "overview.get_health", anonymous=True),
    Route("openapi", "openapi.json", "GET", "overview.get_openapi"),
)


def http_blueprint(routes: Iterable[Route], context: Context) -> func.Blueprint:
    """Returns a function for each route."""
    blueprint = func.Blueprint()
    for route in routes:
        level = func.AuthLevel.ANONYMOUS if route.anonymous else None
        bind = blueprint.route(route=route.template, methods=[route.method], auth_level=level)
        blueprint.function_name(route.name)(bind(_function(route, context)))
    return blueprint


def _function(
    route: Route, context: Context
) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    async def handle(req: func.HttpRequest) -> func.HttpResponse:
        from functions.triggers.http.answers import answered

        return await answered(req, lambda: route.load()(req, context))

    return handle
