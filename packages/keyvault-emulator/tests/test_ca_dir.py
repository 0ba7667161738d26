"""`--ca-dir`: a CA that stays from one start to the next, or that was given, as openssl sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from keyvault_emulator.ca_dir import CERTIFICATE, KEY, CaUnusable, ca_in
from keyvault_emulator.server import running_emulator
from testkit.certificates import Ca, Key, Wish, ec_key, ed_key, pem, rsa_key
from testkit.clock import HANG, real_now


def give(directory: Path, ca: Ca, key: Key | None = None, lock: KeySerializationEncryption | None = None) -> Path:
    """Puts a CA into a directory, as somebody would who has one."""
    directory.mkdir(exist_ok=True)
    (directory / CERTIFICATE).write_bytes(pem(ca.certificate))
    content = (key or ca.key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock or NoEncryption())
    (directory / KEY).write_bytes(content)
    return directory


async def openssl_says(directory: Path, trusted: Path, name: str = "orders.localhost") -> str:
    """What openssl says of an emulator with the CA of a directory, when it trusts `trusted` alone."""
    async with running_emulator(ca_in(directory)) as emulator:
        where = ["-connect", f"127.0.0.1:{emulator.port}", "-servername", name, "-verify_hostname", name]
        trust = ["-CAfile", str(trusted), "-no-CApath", "-no-CAstore", "-verify_return_error"]
        return await run_openssl("s_client", *where, *trust)


async def run_openssl(*arguments: str) -> str:
    running = await asyncio.create_subprocess_exec(
        "openssl",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(HANG):
        return (await running.communicate())[0].decode()


async def test_a_second_start_is_trusted_by_whoever_trusted_the_first(tmp_path: Path) -> None:
    directory = tmp_path / "made" / "ca"
    assert "Verify return code: 0 (ok)" in await openssl_says(directory, directory / CERTIFICATE)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((directory / CERTIFICATE).read_bytes())
    assert "Verify return code: 0 (ok)" in await openssl_says(directory, trusted)
    assert {file.name: file.stat().st_mode & 0o777 for file in directory.iterdir()} == {CERTIFICATE: 0o600, KEY: 0o600}


async def test_another_directory_is_another_ca(tmp_path: Path) -> None:
    ca_in(tmp_path / "one")
    assert "Verify return code: 0 (ok)" not in await openssl_says(tmp_path / "two", tmp_path / "one" / CERTIFICATE)


@pytest.mark.parametrize("key", [ec_key, rsa_key])
async def test_a_ca_that_was_given_is_trusted_by_openssl(tmp_path: Path, key: Callable[[], Key]) -> None:
    directory = give(tmp_path / "ca", Ca.root("Our test CA", key=key(), at=real_now))
    before = (directory / CERTIFICATE).read_bytes()
    assert "Verify return code: 0 (ok)" in await openssl_says(directory, directory / CERTIFICATE)
    assert (directory / CERTIFICATE).read_bytes() == before


async def test_a_ca_that_openssl_made_is_taken(tmp_path: Path) -> None:
    files = ["-keyout", str(tmp_path / KEY), "-out", str(tmp_path / CERTIFICATE)]
    made = ["req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=Made by openssl", *files]
    await run_openssl(*made)
    assert "Verify return code: 0 (ok)" in await openssl_says(tmp_path, tmp_path / CERTIFICATE)


GOOD = Wish()


def root(wish: Wish = GOOD) -> Ca:
    return Ca.root("Our test CA", wish, at=real_now)


def give_with(name: str, content: bytes) -> Callable[[Path], object]:
    """A CA of which one file holds something else."""

    def given(directory: Path) -> None:
        give(directory, root())
        (directory / name).write_bytes(content)

    return given


NO_CA = Wish(more=[(x509.BasicConstraints(ca=False, path_length=None), True)])
BAD: dict[str, Callable[[Path], object]] = {
    r"rootCA-key.pem is there without .*rootCA.pem: put both there, or neither": lambda at: (at / KEY).touch(),
    r"rootCA.pem is there without .*rootCA-key.pem": lambda at: (at / CERTIFICATE).touch(),
    "rootCA.pem holds no certificate in PEM form": give_with(CERTIFICATE, b"no"),
    "rootCA-key.pem holds no private key in PEM form": give_with(KEY, b"no"),
    "rootCA.pem holds 2 certificates: put the CA's own there alone": give_with(
        CERTIFICATE, pem(root().certificate, root().certificate)
    ),
    "is encrypted: put the key there without a password": lambda at: give(
        at, root(), lock=BestAvailableEncryption(b"secret")
    ),
    "neither RSA nor of an elliptic curve": lambda at: give(at, Ca.root("Ed", key=ed_key(), at=real_now)),
    "rootCA-key.pem is not the key of the certificate in": lambda at: give(at, root(), key=ec_key()),
    "is out of its time: it ends on": lambda at: give(at, root(Wish(start=timedelta(days=-9), end=timedelta(days=-1)))),
    "is no CA's": lambda at: give(at, root(NO_CA)),
    "or keyCertSign": lambda at: give(at, root(Wish(usages=["digital_signature"]))),
    "has no subject key identifier": lambda at: give(at, root(Wish(key_ids=False))),
    "is not signed by itself: put a root there": lambda at: give(at, root().ca("Below")),
}


@pytest.mark.parametrize("says", BAD)
def test_what_cannot_sign_is_refused_and_left_as_it_is(tmp_path: Path, says: str) -> None:
    BAD[says](tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(CaUnusable, match=says):
        ca_in(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_directory_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        ca_in(tmp_path / "file" / "ca")


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    with pytest.raises(CaUnusable, match=r"ca\.pem is a file: name a directory"):
        ca_in(tmp_path / "ca.pem")
