"""The table of all routes, with the handler of each, and what a caller needs for it."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

import azure.functions as func

from functions.access.verbs import Verb

if TYPE_CHECKING:
    from functions.triggers.http.context import Context

CERTIFICATE_ROUTE = "vaults/{vault}/certificates/{name}"


type Handler = Callable[[func.HttpRequest, Context], Awaitable[func.HttpResponse]]


class Gate(StrEnum):
    """A route without a verb: `open` for everybody, or for everybody who is `signed-in`. What is
    shown there, and what may be done, depends on the caller all the same.
    """

    OPEN = "open"
    SIGNED_IN = "signed-in"


class Route(NamedTuple):  # a dataclass takes a cold start five times as long
    """One function of the API: its name, its path under `/api`, its method, its handler, which is
    written as a module beside this one and a function in it, and what a caller has to be granted.

    Where the path has a vault and a name, the verb has to be granted for these. Otherwise it has to
    be granted for any name, and the route shows and touches no others; or, with `whole`, for the
    whole app.
    """

    name: str
    template: str
    method: str
    handler: str
    verb: Verb | Gate
    whole: bool = False

    def load(self) -> Handler:
        """Imports and returns the handler. That happens on first use, so that a cold start does not
        wait for it.
        """
        module, _, name = self.handler.rpartition(".")
        return cast("Handler", getattr(import_module(f"functions.triggers.http.{module}"), name))


# No two templates match the same path, because the host takes the first that matches (platform
# §2.1).
ROUTES = (
    Route(
        "create_certificate",
        f"{CERTIFICATE_ROUTE}/create",
        "POST",
        "certificates.create_certificate",
        Verb.REQUEST,
    ),
    Route(
        "get_pending", f"{CERTIFICATE_ROUTE}/pending", "GET", "certificates.get_pending", Verb.READ
    ),
    Route(
        "cancel_pending",
        f"{CERTIFICATE_ROUTE}/pending",
        "PATCH",
        "certificates.cancel_pending",
        Verb.CANCEL,
    ),
    Route(
        "delete_pending",
        f"{CERTIFICATE_ROUTE}/pending",
        "DELETE",
        "certificates.delete_pending",
        Verb.DELETE,
    ),
    Route(
        "merge_pending",
        f"{CERTIFICATE_ROUTE}/pending/merge",
        "POST",
        "certificates.merge_pending",
        Verb.RETURN,
    ),
    Route(
        "get_pending_view",
        f"{CERTIFICATE_ROUTE}/pending/view",
        "GET",
        "board.view.get_pending_view",
        Verb.READ,
    ),
    Route("get_csr", f"{CERTIFICATE_ROUTE}/pending/csr", "GET", "certificates.get_csr", Verb.READ),
    Route(
        "acknowledge_pending",
        f"{CERTIFICATE_ROUTE}/pending/acknowledge",
        "POST",
        "notifications.acknowledge_pending",
        Verb.ACKNOWLEDGE,
    ),
    Route(
        "get_certificate",
        CERTIFICATE_ROUTE,
        "GET",
        "inventory.one_certificate.get_certificate",
        Verb.READ,
    ),
    Route(
        "tag_certificate",
        CERTIFICATE_ROUTE,
        "PATCH",
        "inventory.one_certificate.tag_certificate",
        Verb.REQUEST,
    ),
    Route(
        "list_certificates",
        "certificates",
        "GET",
        "inventory.certificates.list_certificates",
        Verb.READ,
    ),
    Route("list_vaults", "vaults", "GET", "inventory.vaults.list_vaults", Verb.READ),
    Route("get_history", f"{CERTIFICATE_ROUTE}/history", "GET", "overview.get_history", Verb.READ),
    Route("list_requests", "requests", "GET", "overview.list_requests", Verb.READ),
    Route("get_board", "board", "GET", "board.board.get_board", Verb.READ),
    Route("get_audit", "audit", "GET", "inventory.audit.get_audit", Verb.READ),
    Route("get_plan", "plan", "GET", "inventory.plan.get_plan", Verb.READ),
    Route("list_messages", "messages", "GET", "inventory.messages.list_messages", Verb.READ),
    Route(
        "list_approvals",
        "approvals",
        "GET",
        "approvals.approvals.list_approvals",
        Gate.SIGNED_IN,
    ),
    Route(
        "get_approval",
        "approvals/{id}",
        "GET",
        "approvals.approvals.get_approval",
        Gate.SIGNED_IN,
    ),
    Route(
        "approve",
        "approvals/{id}/approve",
        "POST",
        "approvals.approvals.approve_approval",
        Verb.APPROVE,
    ),
    Route(
        "refuse",
        "approvals/{id}/refuse",
        "POST",
        "approvals.approvals.refuse_approval",
        Verb.APPROVE,
    ),
    Route(
        "withdraw",
        "approvals/{id}/withdraw",
        "POST",
        "approvals.approvals.withdraw_approval",
        Gate.SIGNED_IN,
    ),
    Route("list_history", "history", "GET", "record.history.list_history", Verb.READ),
    Route("get_csrs", "csrs", "GET", "csrs.get_csrs", Verb.READ),
    Route("return_chain", "chains", "POST", "chains.return_chain", Verb.RETURN),
    Route("inspect_chain", "chains/inspect", "POST", "chains.inspect_chain", Verb.RETURN),
    Route("retry_chain", "chains/retry", "POST", "chains.retry_chain", Verb.OPERATE, whole=True),
    Route(
        "test_notifications",
        "notifications/test",
        "POST",
        "notifications.test_notifications",
        Verb.OPERATE,
        whole=True,
    ),
    Route("status", "status", "GET", "status.get_status", Verb.OPERATE),
    Route("rebuild", "rebuild", "POST", "status.rebuild", Verb.OPERATE),
    Route("access", "access", "GET", "overview.get_access", Gate.SIGNED_IN),
    Route("health", "health", "GET", "overview.get_health", Gate.OPEN),
    Route("openapi", "openapi.json", "GET", "overview.get_openapi", Gate.SIGNED_IN),
)
