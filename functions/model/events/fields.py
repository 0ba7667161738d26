"""The types of fields that several types of events have; common.schema.json describes each of them
once. Times are ISO 8601, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from functions.model.events.wire import Named, Says

SHA256 = "^[0-9a-f]{64}$"

Time = Annotated[str, Named("time", "ISO 8601 with an offset; UTC.", format="date-time")]
Vault = Annotated[
    str, Named("vault", "The vault's alias in CERTFLOW_VAULTS.", pattern="^[0-9a-z-]{1,24}$")
]
Name = Annotated[
    str,
    Named(
        "name",
        "The certificate's name in Key Vault, as it was first written; Key Vault ignores case.",
        pattern="^[0-9a-zA-Z-]{1,127}$",
    ),
]
RequestId = Annotated[
    str, Named("request_id", "Key Vault's id of the pending operation.", pattern="^[0-9a-f]{32}$")
]
Issuer = Annotated[
    str,
    Named(
        "issuer",
        "The issuer's name in the vault; `Unknown` (in any case) if a person has the CSR signed.",
    ),
]
Owner = Annotated[
    str,
    Named(
        "owner",
        "Who gets the messages, mostly a mail address, or several: `owner` of the request, or the "
        "tag certflow-owner. Missing if nobody is known.",
    ),
]
Signer = Annotated[
    str,
    Named(
        "signer",
        "Who has the CSR signed, a mail address, or several: `signer` of the request, or the tag "
        "certflow-signer. Missing if neither names anybody; then settings do.",
    ),
]
Names = Annotated[
    tuple[str, ...],
    Named(
        "names",
        "The alternative names that the CSR asks for, the first of them, DNS names before others.",
    ),
]
Thumbprint = Annotated[
    str, Named("thumbprint", "SHA-1 of the certificate in hex, which tells its version.")
]

CausedBy = Annotated[
    str,
    Says(
        "Who caused this over the API; the limit of mails per caller counts by it: the tenant and "
        "the object id of who is signed in, or `unverified`. Missing if no caller caused it."
    ),
]
CsrUrl = Annotated[
    str,
    Says(
        "Where the CSR is published, if a person is to have it signed. Opening it needs a sign-in.",
        format="uri",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Error:
    """Key Vault's reason: `Certificate issuer error` is the issuer's fault, `Request rejected` the
    request's.
    """

    definition: ClassVar = "error"

    code: str | None
    message: str | None


@dataclass(frozen=True, kw_only=True)
class Which:
    """Which request is meant."""

    definition: ClassVar = "which"

    vault: Vault
    name: Name
    request_id: RequestId


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who did something. `tid` and `oid` tell persons and apps apart; names may change, and two
    may have the same.
    """

    definition: ClassVar = "who"

    kind: Annotated[
        Literal["person", "app", "key", "system"],
        Says(
            "`person`, `app`: signed in with Entra ID. `key`: a caller with a function key, of "
            "whom nothing is verified. `system`: Certflow itself."
        ),
    ]
    name: Annotated[
        str | None,
        Says("The name in the token, for show; of `system` which part of Certflow acted."),
    ] = None
    tid: Annotated[str | None, Says("The tenant of a person or an app.")] = None
    oid: Annotated[str | None, Says("The object id of a person or an app in that tenant.")] = None
    azp: Annotated[str | None, Says("The application through which a person or an app called.")] = (
        None
    )
    on_behalf_of: Annotated[
        str | None, Says("Whom the caller names (`requested_by`). Nobody has verified it.")
    ] = None


def done_by(who: Who | None, name: str | None) -> str | None:
    """Returns who did something as a message shows it: beside the one who asked for the
    certificate, nobody must be taken for the one who did this because no name is there.
    """
    if who is not None and who.kind == "key" and not who.on_behalf_of:
        return "a caller with a function key, who gave no name"
    return shown_actor(who, name)


def shown_actor(who: Who | None, name: str | None) -> str | None:
    """Returns the actor as a message shows it, which says what is not verified; the name for an
    event of an older version, which has no more. None for a caller who said nothing.
    """
    if who is None:
        return name
    said = f"{who.on_behalf_of} (not verified)" if who.on_behalf_of else None
    if who.kind == "system":
        return f"Certflow ({who.name})"
    if who.kind == "key":
        return said
    signed_in = who.name or who.oid
    return f"{signed_in}, on behalf of {said}" if said else signed_in
