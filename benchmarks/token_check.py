"""CPU time of signing a caller in: a person's token of Entra's usual length, its key known, from the header to the
caller. Beside it, the bare RSA check of the same signature, which nothing can do without.

They take turns, and each round gives a ratio of its own. The measuring process is one of its own, which reads the keys
over TLS once, as the app does.
"""

from __future__ import annotations

import asyncio
import base64
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.own_process import main_of, rows_of
from benchmarks.table import Row
from functions.adapters.entra.published_keys import fetch_keys
from functions.adapters.entra.sign_in import EntraSignIn
from keyvault_emulator.tls import LocalCa
from tests.clock import real_now
from tests.entra_tokens import REGISTRATION, Forge
from tests.integration.entra.published import publishing

ROUNDS, CALLS = 11, 1000
LENGTH = 1_800  # characters of a token for a person in some groups


def measure() -> list[Row]:
    """Publishes a key, signs a token with it, and has both measured."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    ca = LocalCa()
    async with publishing(ca) as published:
        forge = Forge(real_now(), published.registration)
        missing = LENGTH - len(forge.signed(forge.person()))
        token = forge.signed(forge.person(aio="x" * (missing * 3 // 4)))
        given = {"authority": published.registration.authority, "token": token}
        with tempfile.TemporaryDirectory() as directory:
            trusted = str(ca.write_ca(Path(directory) / "ca.pem"))
            return await rows_of("benchmarks.token_check", given, SSL_CERT_FILE=trusted)


async def _rows(given: Mapping[str, Any]) -> list[Row]:
    registration = replace(REGISTRATION, authority=given["authority"])
    (public,) = (await fetch_keys(registration)).values()
    sign_in, header = EntraSignIn(registration, real_now), f"Bearer {given['token']}"
    signed, _, last = str(given["token"]).rpartition(".")
    data, signature = signed.encode(), base64.urlsafe_b64decode(f"{last}==")

    async def ours() -> float:
        started = time.process_time()
        for _ in range(CALLS):
            await sign_in.caller_of(header)
        return (time.process_time() - started) / CALLS

    def bare() -> float:
        started = time.process_time()
        for _ in range(CALLS):
            public.verify(signature, data, PKCS1v15(), SHA256())
        return (time.process_time() - started) / CALLS

    await sign_in.caller_of(header)  # reads the keys
    rounds = [(await ours(), bare()) for _ in range(ROUNDS + 1)][1:]
    return [
        Row("CPU of signing a caller in by a token, ms", statistics.median(one for one, _ in rounds) * 1e3, "≤ 0.5"),
        Row("the same ÷ of the bare RSA check", statistics.median(one / other for one, other in rounds)),
    ]


if __name__ == "__main__":
    main_of(measure, _rows)
