"""The context that every handler of a route gets beside the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.app.context import Certflow


@dataclass(frozen=True, slots=True)
class Context:
    """Returns the dependencies of the use cases (`certflow`), and whether App Service
    authentication is on. Both are functions, because settings are read on first use.
    """

    certflow: Callable[[], Certflow]
    app_service_auth: Callable[[], bool]
