"""The folder in which `make up` keeps its state: begun whole, removed whole, and never taken for empty."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest
from azure.storage.blob.aio import BlobServiceClient

from keyvault_emulator.keeper import KeptUnreadable, write_whole
from keyvault_emulator.kept import KeptCertificate, KeptDeleted, KeptState, KeptVault
from keyvault_emulator.policy import Policy
from keyvault_emulator.tls import LocalCa
from local.azurite import AzuriteFailed, running_azurite
from local.kept import DATABASES, Kept, kept_in

DELETED = KeptDeleted(KeptCertificate("gone", Policy(), [], None, 0, 0.0), 0, 0.0)
SOME = KeptState(vaults=[KeptVault("localhost", [], [DELETED], [], None)])


def written(state: Path) -> Kept:
    """A folder as a run leaves it."""
    kept, _ = kept_in(state, fresh=False)
    write_whole(kept.vaults, msgspec.json.encode(SOME))
    for name in DATABASES:
        (kept.azurite / name).write_text("{}")
    return kept


def test_it_is_begun_for_this_user_alone_and_found_again(tmp_path: Path) -> None:
    kept, was_there = kept_in(tmp_path, fresh=False)
    assert not was_there
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    assert kept_in(tmp_path, fresh=False) == (kept, True)


def test_fresh_removes_it_also_one_that_cannot_be_read(tmp_path: Path) -> None:
    kept = written(tmp_path)
    kept.vaults.write_text("not JSON")
    again, was_there = kept_in(tmp_path, fresh=True)
    assert (again, was_there) == (kept, False)
    assert msgspec.json.decode(kept.vaults.read_bytes(), type=KeptState) == KeptState()
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_a_start_or_a_removal_that_was_cut_short_is_made_good(tmp_path: Path) -> None:
    (tmp_path / "kept.new" / "azurite").mkdir(parents=True)
    (tmp_path / "kept.old").mkdir()
    assert kept_in(tmp_path, fresh=True)[1] is False
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize("name", DATABASES)
def test_a_file_of_azurite_that_is_damaged_is_an_error(tmp_path: Path, name: str) -> None:
    kept = written(tmp_path)
    (kept.azurite / name).write_text('{"filename": "')
    with pytest.raises(KeptUnreadable, match=f"{name} is damaged"):
        kept_in(tmp_path, fresh=False)
    (kept.azurite / name).unlink()
    with pytest.raises(KeptUnreadable, match=f"{name} cannot be read"):
        kept_in(tmp_path, fresh=False)


def test_a_half_that_is_missing_is_an_error(tmp_path: Path) -> None:
    kept = written(tmp_path)
    kept.azurite.rename(tmp_path / "elsewhere")
    with pytest.raises(KeptUnreadable, match="azurite is missing"):
        kept_in(tmp_path, fresh=False)
    (tmp_path / "elsewhere").rename(kept.azurite)
    kept.vaults.unlink()
    with pytest.raises(KeptUnreadable, match=r"key-vault\.json cannot be read"):
        kept_in(tmp_path, fresh=False)


async def test_azurite_has_its_blobs_again_and_only_there(tmp_path: Path) -> None:
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    kept, _ = kept_in(tmp_path, fresh=False)
    found = []
    for content in (b"first", None):
        async with (
            running_azurite(ca, tmp_path, log=tmp_path / "azurite.log", kept_in=kept.azurite) as azurite,
            BlobServiceClient.from_connection_string(
                azurite.connection_string, connection_verify=str(ca_file)
            ) as service,
        ):
            if content:
                await service.create_container("chains")
                await service.get_blob_client("chains", "one").upload_blob(content)
            found.append(await (await service.get_blob_client("chains", "one").download_blob()).readall())
        assert kept_in(tmp_path, fresh=False)[1]
    assert found == [b"first", b"first"]


async def test_two_azurites_never_write_to_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.azurite.SAVE_TIMEOUT", 0.3)
    ca = LocalCa()
    kept, _ = kept_in(tmp_path, fresh=False)
    async with running_azurite(ca, tmp_path, log=tmp_path / "azurite.log", kept_in=kept.azurite):
        with pytest.raises(AzuriteFailed, match="Another Azurite still has its files"):
            async with running_azurite(ca, tmp_path / "other", log=tmp_path / "other.log", kept_in=kept.azurite):
                pass
