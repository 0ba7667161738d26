"""The control door says which calls came, so that a test can count how often a client asks."""

from __future__ import annotations

from pathlib import Path

from vault_client import vault_client


async def test_the_calls_that_were_answered_are_listed_with_what_they_asked_for(tmp_path: Path) -> None:
    async with vault_client(tmp_path) as vault:
        await vault.call("GET", "/certificates/web/pending")
        await vault.call("GET", "/certificates/web/pending?request_id=abc")
        await vault.call("GET", "/certificates")
        _, pending = await vault.control("GET", "calls?path=/pending")
        _, every = await vault.control("GET", "calls")
    assert [(call["method"], call["path"], call["request_id"], call["status"]) for call in pending] == [
        ("GET", "/certificates/web/pending", None, 404),
        ("GET", "/certificates/web/pending", "abc", 404),
    ]
    assert [call["path"] for call in every][2:] == ["/certificates"]
    assert {call["vault"] for call in every} == {vault.host}
    assert [call["at"] for call in every] == sorted(call["at"] for call in every)
