"""The context that every handler of a route gets beside the request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.app.context import Certflow
    from functions.model.caller import Caller


@dataclass(frozen=True, slots=True)
class Context:
    """Returns the dependencies of the use cases (`certflow`, a function because settings are read
    on first use), and has who calls. The check before a route puts the caller of each call here;
    None: whoever has the function key, which the host has checked.
    """

    certflow: Callable[[], Certflow]
    caller: Caller | None = None
