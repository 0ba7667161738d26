"""What a caller can be allowed to do."""

from __future__ import annotations

from enum import StrEnum


class Verb(StrEnum):
    """One thing that the access file can grant.

    - `read`: see requests, CSRs, histories and certificates.
    - `request`: create, adopt, replace, and change tags, for names that one may request.
    - `return`: merge what a CA sent, and inspect a file.
    - `cancel`, `delete`: ask the issuer to stop; remove the pending operation.
    - `acknowledge`: stop the reminders of a request for a time.
    - `operate`: retry files, send test messages, rebuild, and read the status of the whole.
    - `approve`: say yes to a request for which a condition asks for that.
    """

    READ = "read"
    REQUEST = "request"
    RETURN = "return"
    CANCEL = "cancel"
    DELETE = "delete"
    ACKNOWLEDGE = "acknowledge"
    OPERATE = "operate"
    APPROVE = "approve"
