"""What Key Vault says about keys, beside what it says of everything (`errors.py`).

Microsoft's specification has no texts: a docstring names where one was found, and those without a source are ours.
"""

from __future__ import annotations

from collections.abc import Iterable

from keyvault_emulator.errors import KeyVaultError, Kind, bad_parameter, invalid_property


def key_disabled(operation: str) -> KeyVaultError:
    """Key Vault's common text for a disabled object."""
    return _refused(f"Operation {operation} is not allowed on a disabled key.", "KeyDisabled")


def operation_forbidden(operation: str) -> KeyVaultError:
    """`key_ops` do not name it (azure-sdk-for-net#11518)."""
    return _refused(f"Operation {operation} is not permitted on this key.", "KeyOperationForbidden")


def key_not_yet_valid(operation: str) -> KeyVaultError:
    """Before its `nbf`."""
    return _refused(f"Operation {operation} is not allowed on a key that is not yet valid.", "KeyNotYetValid")


def key_expired(operation: str) -> KeyVaultError:
    """From its `exp` on; the wording is that of a secret (Azure/AzureKeyVault#19)."""
    return _refused(f"Operation {operation} is not allowed on a expired key.", "KeyExpired")


def managed_key(operation: str, name: str) -> KeyVaultError:
    """It is a certificate's."""
    return KeyVaultError(403, "Forbidden", f"Operation {operation} is not allowed on the key of certificate {name}.")


def name_taken(kind: Kind, by: Kind, name: str) -> KeyVaultError:
    """A key and a certificate cannot have the same name."""
    return KeyVaultError(409, "Conflict", f"A {kind} {name} cannot be created: the name is that of a {by}.")


def key_size_not_supported(size: int, supported: Iterable[int]) -> KeyVaultError:
    """MicrosoftDocs/azure-docs#115129."""
    message = f"Unsupported key size ({size}). Supported sizes are [{', '.join(map(str, supported))}]"
    return KeyVaultError(400, "BadParameter", message, inner="KeySizeNotSupported")


def unknown_algorithm(name: str, known: Iterable[str]) -> KeyVaultError:
    """An algorithm that this emulator does not know."""
    return invalid_property("alg", f"{name} is none of {', '.join(known)}")


def algorithm_for_other_curve(kid: str, curve: str, algorithm: str, its_curve: str) -> KeyVaultError:
    """An elliptic curve's algorithm with the key of another curve (azure-sdk-for-node#4603)."""
    return bad_parameter(
        f"Key and signing algorithm are incompatible. Key {kid} uses curve '{curve}', and algorithm '{algorithm}' can "
        f"only be used with curve '{its_curve}'."
    )


def algorithm_for_other_kind(kid: str, kty: str, algorithm: str, its_kty: str) -> KeyVaultError:
    """An RSA algorithm with a key of a curve, or the other way round; after the text for curves."""
    return bad_parameter(
        f"Key and signing algorithm are incompatible. Key {kid} is of type '{kty}', and algorithm '{algorithm}' can "
        f"only be used with a key of type '{its_kty}' or '{its_kty}-HSM'."
    )


def wrong_digest_length(property_name: str, length: int, algorithm: str, required: int) -> KeyVaultError:
    """What is to be signed is not as long as the algorithm's hash (azure-cli#28027)."""
    return bad_parameter(
        f"Invalid length of '{property_name}': {length} bytes. {algorithm} requires {required} bytes, encoded with "
        "base64url."
    )


def _refused(message: str, inner: str) -> KeyVaultError:
    return KeyVaultError(403, "Forbidden", message, inner=inner)
