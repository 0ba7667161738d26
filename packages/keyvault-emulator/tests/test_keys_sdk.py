"""Keys of one's own, driven by Microsoft's own clients for keys, synchronous and asynchronous."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import KeyClient, KeyCurveName, KeyOperation, KeyType
from azure.keyvault.keys.aio import KeyClient as AsyncKeyClient
from azure.keyvault.keys.crypto import CryptographyClient, SignatureAlgorithm
from azure.keyvault.keys.crypto.aio import CryptographyClient as AsyncCryptographyClient
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from keyvault_emulator.pytest_plugin import KeyVault, key_vault_in_thread
from testkit.clock import real_now

_vaults = count()
HASHES: dict[str, HashAlgorithm] = {"256": SHA256(), "384": SHA384(), "512": SHA512()}
CURVES = {
    SignatureAlgorithm.es256: KeyCurveName.p_256,
    SignatureAlgorithm.es256_k: KeyCurveName.p_256_k,
    SignatureAlgorithm.es384: KeyCurveName.p_384,
    SignatureAlgorithm.es512: KeyCurveName.p_521,
}
CURVE_CLASSES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-256K": ec.SECP256K1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


@pytest.fixture(scope="module")
def key_vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyVault]:
    with key_vault_in_thread(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.fixture
def client(key_vault: KeyVault) -> Iterator[KeyClient]:
    """A client for a vault that no other test has."""
    url = key_vault.vault_url(f"v{next(_vaults)}")
    with KeyClient(url, key_vault.credential(), connection_verify=str(key_vault.ca_file)) as client:
        yield client


def crypto(key_vault: KeyVault, key: Any) -> CryptographyClient:
    return CryptographyClient(key, key_vault.credential(), **key_vault.client_options)


def hash_of(algorithm: SignatureAlgorithm) -> HashAlgorithm:
    return HASHES[algorithm.value[2:5]]


def digest_for(algorithm: SignatureAlgorithm) -> bytes:
    return hashlib.new(hash_of(algorithm).name, b"what an account says").digest()


@pytest.mark.parametrize("algorithm", CURVES)
def test_elliptic_curves_sign_as_cryptography_verifies(
    key_vault: KeyVault, client: KeyClient, algorithm: SignatureAlgorithm
) -> None:
    key = client.create_ec_key("account", curve=CURVES[algorithm])
    digest = digest_for(algorithm)
    signature = crypto(key_vault, key).sign(algorithm, digest).signature
    assert crypto(key_vault, key.id).verify(algorithm, digest, signature).is_valid
    half = len(signature) // 2
    der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    public_key(key).verify(der, digest, ec.ECDSA(Prehashed(hash_of(algorithm))))  # raises if it is not


def public_key(key: Any) -> ec.EllipticCurvePublicKey:
    point = ec.EllipticCurvePublicNumbers(
        int.from_bytes(key.key.x), int.from_bytes(key.key.y), CURVE_CLASSES[key.key.crv]
    )
    return point.public_key()


@pytest.mark.parametrize("size", [2048, 3072, 4096])
def test_rsa_keys_sign_as_cryptography_verifies(key_vault: KeyVault, client: KeyClient, size: int) -> None:
    key = client.create_rsa_key("account", size=size)
    public = rsa.RSAPublicNumbers(*(int.from_bytes(getattr(key.key, name)) for name in "en")).public_key()
    assert public.key_size == size
    signing = crypto(key_vault, key)
    for name in ("rs256", "rs384", "rs512", "ps256", "ps384", "ps512"):
        algorithm = SignatureAlgorithm(name.upper())
        hashing, digest = hash_of(algorithm), digest_for(algorithm)
        signature = signing.sign(algorithm, digest).signature
        pss = padding.PSS(padding.MGF1(hashing), hashing.digest_size)
        scheme = pss if name.startswith("ps") else padding.PKCS1v15()
        public.verify(signature, digest, scheme, Prehashed(hashing))  # raises if it is not
        assert verified_there(key_vault, key.id, algorithm, digest, signature)
        assert not verified_there(key_vault, key.id, algorithm, digest[::-1], signature)


def verified_there(
    key_vault: KeyVault, key_id: str, algorithm: SignatureAlgorithm, digest: bytes, signature: bytes
) -> bool:
    """Asked of the emulator: the client verifies by itself once it may read the key."""
    with crypto(key_vault, key_id) as client:
        name, version = key_id.rsplit("/", 2)[1:]
        found = client._client.verify(name, version, _parameters(client, algorithm, digest, signature))
        return bool(found.value)


def _parameters(client: CryptographyClient, algorithm: SignatureAlgorithm, digest: bytes, signature: bytes) -> Any:
    return client._models.KeyVerifyParameters(algorithm=algorithm, digest=digest, signature=signature)


def test_a_key_through_its_life(client: KeyClient) -> None:
    until = (real_now() + timedelta(days=30)).replace(microsecond=0)
    made = client.create_key("account", KeyType.ec, tags={"use": "acme"}, expires_on=until)
    assert made.properties.expires_on == until
    newer = client.create_ec_key("account", key_operations=[KeyOperation.sign])
    assert [str(operation) for operation in newer.key_operations] == ["sign"]
    assert client.get_key("account").id == newer.id
    assert client.get_key("account", made.properties.version).properties.tags == {"use": "acme"}
    assert {one.id for one in client.list_properties_of_key_versions("account")} == {made.id, newer.id}
    assert [one.name for one in client.list_properties_of_keys()] == ["account"]
    off = client.update_key_properties("account", enabled=False, tags={"use": "none"})
    assert (off.properties.enabled, off.properties.tags) == (False, {"use": "none"})
    client.begin_delete_key("account").result()
    assert client.get_deleted_key("account").id == newer.id
    with pytest.raises(ResourceNotFoundError, match="was not found in this key vault"):
        client.get_key("account")
    with pytest.raises(ResourceExistsError, match="deleted but recoverable"):
        client.create_ec_key("account")
    assert client.begin_recover_deleted_key("account").result().id == newer.id
    client.begin_delete_key("account").wait()
    assert [one.name for one in client.list_deleted_keys()] == ["account"]
    client.purge_deleted_key("account")
    assert list(client.list_deleted_keys()) == []


def test_what_is_forbidden_reaches_the_client(key_vault: KeyVault, client: KeyClient) -> None:
    key = client.create_ec_key("account", key_operations=[KeyOperation.verify], hardware_protected=True)
    assert key.key_type == "EC-HSM"
    with pytest.raises((HttpResponseError, ValueError), match="sign"):
        crypto(key_vault, key.id).sign(SignatureAlgorithm.es256, digest_for(SignatureAlgorithm.es256))


async def test_the_asynchronous_clients_do_the_same(key_vault: KeyVault) -> None:
    digest = digest_for(SignatureAlgorithm.es256)
    trust = {"connection_verify": str(key_vault.ca_file)}
    async with (
        key_vault.async_credential() as credential,
        AsyncKeyClient(key_vault.vault_url("asynchronous"), credential, **trust) as client,
    ):
        key = await client.create_ec_key("account")
        async with AsyncCryptographyClient(key, credential, **trust) as signing:
            signature = (await signing.sign(SignatureAlgorithm.es256, digest)).signature
            assert (await signing.verify(SignatureAlgorithm.es256, digest, signature)).is_valid
            assert not (await signing.verify(SignatureAlgorithm.es256, digest[::-1], signature)).is_valid
        await client.delete_key("account")
        assert [one.name async for one in client.list_deleted_keys()] == ["account"]
        await client.purge_deleted_key("account")
