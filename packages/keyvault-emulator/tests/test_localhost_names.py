"""Vaults under `{name}.localhost`: where the system leads them here, and where it does not."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.keyvault.certificates import CertificateClient

from keyvault_emulator.localhost_names import advice, localhost_resolved, resolves
from keyvault_emulator.pytest_plugin import KeyVault, key_vault_in_thread

_of_the_system = socket.getaddrinfo


def knowing_localhost(host: Any, *arguments: Any, **named: Any) -> Any:
    """A resolver as systemd-resolved is one."""
    return _of_the_system("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **named)


def plain_glibc(host: Any, *arguments: Any, **named: Any) -> Any:
    """A resolver that has nothing but /etc/hosts."""
    if str(host).endswith(".localhost"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _of_the_system(host, *arguments, **named)


def test_where_names_resolve_the_start_says_so_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", knowing_localhost)
    assert resolves()
    assert advice(8443) == "Every name under .localhost is a vault: https://myvault.localhost:8443"


def test_where_they_do_not_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", plain_glibc)
    assert not resolves()
    assert "'127.0.0.1 myvault.localhost' to /etc/hosts" in advice(8443)
    assert "https://localhost:8443 with verify_challenge_resource=False" in advice(8443)


@pytest.mark.parametrize("resolver", [plain_glibc, knowing_localhost])
def test_an_unmodified_client_finds_a_vault_by_name_with_either_resolver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resolver: Any
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with key_vault_in_thread(tmp_path) as vault:
        assert issuers(vault, "orders") == ["my-ca"]
        assert vault.control("GET", "state")["vaults"].keys() == {"orders.localhost"}
    assert socket.getaddrinfo is resolver


def issuers(vault: KeyVault, name: str) -> list[str]:
    ca = str(vault.ca_file)
    with CertificateClient(vault.vault_url(name), vault.credential(), retry_total=0, connection_verify=ca) as client:
        client.create_issuer("my-ca", "Test")
        return [issuer.name or "" for issuer in client.list_properties_of_issuers()]


def test_on_this_machine_a_name_is_found_or_the_advice_says_that_it_is_not(tmp_path: Path) -> None:
    with key_vault_in_thread(tmp_path) as vault, pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", _of_the_system)  # without the plugin's
        told = advice(vault.emulator.port)
        try:
            issuers(vault, "orders")
        except ServiceRequestError:
            assert "/etc/hosts" in told
        else:
            assert "Every name" in told


def test_other_names_are_left_to_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def resolver(host: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with localhost_resolved():
        for host in ("vault.example", "localhost", "notlocalhost", None):
            with pytest.raises(socket.gaierror):
                socket.getaddrinfo(host, 443)
    assert asked == ["vault.example", "localhost", "notlocalhost", None]
