"""The ids of approvals: 32 hexadecimal digits, which sort the newest first."""

from __future__ import annotations

import secrets
from datetime import datetime

TIME_DIGITS = 12
END_OF_TIME = 16**TIME_DIGITS - 1  # milliseconds: some 8,900 years


def new_approval_id(now: datetime) -> str:
    """Returns the id of an approval that is asked for now."""
    before_the_end = END_OF_TIME - int(now.timestamp() * 1000)
    return f"{before_the_end:0{TIME_DIGITS}x}{secrets.token_hex(10)}"
