"""Where the emulator answers otherwise than a recording, and why that is right: the one table.

`recording`, `request` and `what` are patterns (`re.search`) on the parts of a `Difference`. A row that no recording
needs any more fails the tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.differences import Difference


@dataclass(frozen=True)
class Accepted:
    """One row."""

    recording: str
    request: str
    what: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether this row accepts a difference."""
        return bool(
            re.search(self.recording, difference.recording)
            and re.search(self.request, difference.request)
            and re.search(self.what, difference.what)
        )


ANY = ""
OF_2018 = r"^azure-keyvault-java|^azure-sdk-for-node|^extra-java2018"
BEFORE_2021 = rf"{OF_2018}|^azure-cli|^azure-sdk-for-js"

ACCEPTED = (
    # --- what recorders and whoever prepared the recordings left out ---
    Accepted(
        ANY,
        ANY,
        r"^header (date|x-ms-keyvault-network-info|x-ms-keyvault-region|x-ms-request-id) is extra",
        "The recordings were cleared of times, addresses and request ids; the service sends these headers.",
    ),
    Accepted(
        ANY,
        ANY,
        r"^header content-length is extra",
        "Most recorders leave it out, as they do Transfer-Encoding. A body of known length carries it.",
    ),
    Accepted(
        r"^azure-keyvault-java|^azure-sdk-for-cpp|^azure-cli|^extra-java2018",
        r"POST .*/create$|GET .*/pending$",
        r"^header retry-after is extra",
        "These recorders overwrite or drop it; the Python, .NET, JS and Node recordings of the same calls have it.",
    ),
    # --- what the service has come to do since ---
    Accepted(
        OF_2018,
        ANY,
        r"^(body: recorded nothing, ours an object|header content-type is extra)",
        "In 2018 a 401 had no body; in 2019 it had the one that is sent here.",
    ),
    Accepted(
        BEFORE_2021,
        ANY,
        r"^value of \$\.error\.message: recorded 'Request is missing.*, ours 'AKV10000: Request is missing",
        "Messages of 401 begin with a code since about 2021.",
    ),
    Accepted(
        BEFORE_2021,
        ANY,
        r"^key \$(\.value\[\])?\.attributes\.recoverableDays is extra",
        "Not there before 2021; every recording since has it.",
    ),
    Accepted(
        OF_2018,
        r"GET /(deleted)?certificates(/[^/]+/versions)?$",
        r"^key \$\.value\[\]\.subject is extra",
        "Not there in 2018; lists of 2019 and later have it, always empty.",
    ),
    Accepted(
        OF_2018,
        ANY,
        r"^value of \$\.error\.message: recorded 'Certificate not found: .*, ours 'A certificate with \(name/id\)",
        "The wording of 2018; the recordings of 2021 and 2023 have the longer one.",
    ),
    Accepted(
        r"^azure-sdk-for-node",
        r"DELETE /certificates/[^/]+$",
        r"^key \$\.(recoveryId|deletedDate|scheduledPurgeDate) is extra",
        "A vault of 2018 without soft delete. Since 2020 no vault can be made without it.",
    ),
    Accepted(
        r"^azure-sdk-for-node",
        ANY,
        r"^value of \$\.attributes\.recoveryLevel: recorded 'Purgeable', ours 'Recoverable\+Purgeable'",
        "The same vault.",
    ),
)
