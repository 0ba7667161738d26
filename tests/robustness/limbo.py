"""x509-limbo's cases for servers, read from `../shared`: no copy of them belongs to this project."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.clock import NOW
from tests.robustness.oracles import as_der

FILE = Path(__file__).parents[3] / "shared" / "x509-limbo" / "limbo.json.gz"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a server's certificate and what comes with it, the roots (DER), the name that a client calls it by
    (kind and value, or none), the time, and whether it is good.
    """

    id: str
    good: bool
    leaf: bytes
    intermediates: tuple[bytes, ...]
    trusted: tuple[bytes, ...]
    name: tuple[str, str] | None
    time: datetime


def cases() -> list[Case]:
    """All cases for servers. Raises FileNotFoundError where the file is absent."""
    told = json.loads(gzip.decompress(FILE.read_bytes()))["testcases"]
    return [
        Case(
            id=one["id"],
            good=one["expected_result"] == "SUCCESS",
            leaf=as_der(one["peer_certificate"].encode()),
            intermediates=tuple(as_der(pem.encode()) for pem in one["untrusted_intermediates"]),
            trusted=tuple(as_der(pem.encode()) for pem in one["trusted_certs"]),
            name=(peer["kind"], peer["value"]) if (peer := one["expected_peer_name"]) else None,
            # A case without a time is for any: its certificates are valid for a thousand years.
            time=datetime.fromisoformat(time) if (time := one["validation_time"]) else NOW,
        )
        for one in told
        if one["validation_kind"] == "SERVER"
    ]
