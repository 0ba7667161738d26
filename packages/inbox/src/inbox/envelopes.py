"""What a flow makes of a post, before Teams sees the card: its template wants one of two envelopes.

Either answers 202 and only then looks at the post, so its sender never hears of these reasons; people find them in the
run history (platform §6.2; MicrosoftDocs/msteams-docs 11302; lindegroup/autopkgr 729).
"""

from __future__ import annotations

import json

from inbox.cards import Json, RefusedError, check_card, type_name

# A Teams message, all of it, as it travels from the flow on: the card is a text in a text there, and what is escaped in
# it is escaped once more (MicrosoftDocs/msteams-docs#11274).
MAX_BYTES = 28 * 1024
CARD = "application/vnd.microsoft.card.adaptive"


def cards_of_message(body: Json) -> list[dict[str, Json]]:
    """The cards of a message in the order in which "Post to a channel when a webhook request is received" posts them.

    Raises RefusedError.
    """
    message = _object(body)
    if message.get("type") != "message":
        raise RefusedError("Property 'type' of the trigger's body must be 'message'.")
    attachments = message.get("attachments")
    if not isinstance(attachments, list):
        raise RefusedError(
            "The execution of template action 'Send_each_adaptive_card' failed: the result of the evaluation of "
            "'foreach' expression '@triggerOutputs()?['body']?['attachments']' is of type "
            f"'{type_name(attachments)}'. The result must be a valid array."
        )
    if not attachments:
        raise RefusedError("The array 'attachments' is empty: the flow ran and posted nothing.")
    _check_size(body)
    return [_card_of(attachment, f"attachments[{index}]") for index, attachment in enumerate(attachments)]


def bare_card(body: Json) -> list[dict[str, Json]]:
    """The one card that the newer template "Send webhook alerts to a channel" takes the whole body for.

    Raises RefusedError.
    """
    card = _object(body)
    _check_size(body)
    check_card(card, "the card")
    return [card]


def _object(body: Json) -> dict[str, Json]:
    if not isinstance(body, dict):
        raise RefusedError(f"The trigger's body must be an object, not {type_name(body)}.")
    return body


def _check_size(body: Json) -> None:
    size = len(json.dumps(json.dumps(body)))
    if size > MAX_BYTES:
        raise RefusedError(f"Request body too large: {size} bytes, and a Teams message has at most {MAX_BYTES}.")


def _card_of(attachment: Json, where: str) -> dict[str, Json]:
    if not isinstance(attachment, dict):
        raise RefusedError(f"{where} must be an object, not {type_name(attachment)}.")
    if attachment.get("contentType") != CARD:
        raise RefusedError(f"Property 'contentType' of {where} must be '{CARD}'.")
    if attachment.get("contentUrl") is not None:
        raise RefusedError(f"Property 'contentUrl' of {where} must be null: the card itself belongs into 'content'.")
    card = attachment.get("content")
    if not isinstance(card, dict):
        raise RefusedError(f"Property 'content' of {where} must be an object, not {type_name(card)}.")
    check_card(card, f"{where}.content")
    return card
