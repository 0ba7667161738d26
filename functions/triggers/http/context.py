"""The context that every handler of a route gets beside the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.model.caller import Caller
from functions.model.request.actor import UNNAMED

if TYPE_CHECKING:
    from functions.app.context import Certflow
    from functions.ports.sign_in import SignIn
    from functions.triggers.http.caller_access import CallerAccess

KEY_CALLER = Caller(UNNAMED)  # whoever has the function key, which the host has checked


@dataclass(frozen=True, slots=True)
class Context:
    """Returns the dependencies of the use cases (`certflow`, a function because settings are read
    on first use), and has who calls.

    `sign_in` returns what says who calls; None where function keys decide, which the host has
    checked. The check before a route (grants/admission.py) puts the caller of each call here, what
    the caller may do (`access`; None: everything), and a `certflow` that shows no more than that.
    """

    certflow: Callable[[], Certflow]
    caller: Caller = KEY_CALLER
    sign_in: Callable[[], SignIn] | None = None
    access: CallerAccess | None = None
