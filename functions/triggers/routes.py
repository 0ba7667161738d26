"""The HTTP functions: one line of a table each, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

import azure.functions as func

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

CERTIFICATE = "vaults/{vault}/certificates/{name}"


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler is given: the use cases, and whether App Service authentication is on; both built on first use."""

    certflow: Callable[[], Certflow]
    app_service_auth: Callable[[], bool]


Handler = Callable[[func.HttpRequest, Context], Awaitable[func.HttpResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """A function's name, its template under `/api`, its method, and its handler: a module beside this one, and a
    function in it.
    """

    name: str
    template: str
    method: str
    handler: str
    anonymous: bool = False

    def load(self) -> Handler:
        """The handler, imported on first use: by then the app is indexed, and a cold start is shorter by that."""
        module, _, name = self.handler.partition(".")
        return cast("Handler", getattr(import_module(f"functions.triggers.{module}"), name))


# Templates never overlap: the host takes the first that matches (platform §2.1).
ROUTES = (
    Route("create_certificate", f"{CERTIFICATE}/create", "POST", "http.create_certificate"),
    Route("get_pending", f"{CERTIFICATE}/pending", "GET", "http.get_pending"),
    Route("cancel_pending", f"{CERTIFICATE}/pending", "PATCH", "http.cancel_pending"),
    Route("delete_pending", f"{CERTIFICATE}/pending", "DELETE", "http.delete_pending"),
    Route("merge_pending", f"{CERTIFICATE}/pending/merge", "POST", "http.merge_pending"),
    Route("get_csr", f"{CERTIFICATE}/pending/csr", "GET", "http.get_csr"),
    Route("acknowledge_pending", f"{CERTIFICATE}/pending/acknowledge", "POST", "notifications.acknowledge_pending"),
    Route("get_history", f"{CERTIFICATE}/history", "GET", "overview.get_history"),
    Route("list_requests", "requests", "GET", "overview.list_requests"),
    Route("get_csrs", "csrs", "GET", "csrs.get_csrs"),
    Route("inspect_chain", "chains/inspect", "POST", "doctor.inspect_chain"),
    Route("retry_chain", "chains/retry", "POST", "doctor.retry_chain"),
    Route("test_notifications", "notifications/test", "POST", "notifications.test_notifications"),
    Route("status", "status", "GET", "overview.get_status"),
    Route("health", "health", "GET", "overview.get_health", anonymous=True),
    Route("openapi", "openapi.json", "GET", "overview.get_openapi"),
)


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
        from functions.triggers.answers import answered

        return await answered(req, lambda: route.load()(req, context))

    return handle
