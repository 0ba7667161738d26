"""Stand-in for the generated FunctionRpc protobuf module, handed to the worker library as `protos`.

The library imports no protobuf itself; it constructs messages from what it is given and reads their attributes, so
plain records do. Their wire twins are in FunctionRpc.proto of the Functions host.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Message:
    """A record made from keywords; a field that was not set reads as None, as an unset submessage would."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        # The library asks any message for `.TypedData` first and takes the AttributeError as "this is one already".
        if not name[:1].islower():
            raise AttributeError(name)
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.__dict__)})"  # names only: the values may be secrets


class TypedData(Message):
    """One value: exactly one of string, json, bytes, http … is set."""

    def __init__(self, **fields: object) -> None:
        super().__init__(**{name: value for name, value in fields.items() if value is not None})
        if len(self.__dict__) > 1:
            raise ValueError(f"TypedData holds one value, not {sorted(self.__dict__)}")

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's own name
        """The name of the field that is set."""
        return next(iter(self.__dict__), None)


class ParameterBinding(Message):
    """A named value in or out of an invocation."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's own name
        """Always `data`: this host shares no memory with the worker."""
        return "data"


class StatusResult(Message):
    """How a request to the worker ended."""

    Failure, Success, Cancelled = 0, 1, 2


class BindingInfo(Message):
    """Direction and data type of a binding; both enums are flat in the generated class."""

    out, inout = 1, 2
    undefined, string, binary, stream = 0, 1, 2, 3


setattr(BindingInfo, "in", 0)  # `in` is a keyword


class RpcHttpCookie(Message):
    """A Set-Cookie of a response."""

    SameSite = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


def __getattr__(name: str) -> type[Message]:
    """RpcHttp, RpcException, WorkerInitResponse …: messages without special members are made when first asked for."""
    if not name[:1].isupper():
        raise AttributeError(name)
    made: type[Message] = type(name, (Message,), {})
    globals()[name] = made
    return made
