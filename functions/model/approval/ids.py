"""The ids of approvals: 32 hexadecimal digits, which sort the newest first."""

from __future__ import annotations

import secrets
from datetime import datetime

TIME_DIGITS = 12
END_OF_TIME = 16**TIME_DIGITS - 1  # milliseconds: some 8,900 years


def new_approval_id(now: datetime) -> str:
    """Returns the id of an approval that is asked for now."""
    return f"{first_id_until(now)}{secrets.token_hex(10)}"


def first_id_until(at: datetime) -> str:
    """Returns with what the ids begin of approvals that were asked for at this moment; those of
    older ones sort behind it.
    """
    return f"{END_OF_TIME - int(at.timestamp() * 1000):0{TIME_DIGITS}x}"
