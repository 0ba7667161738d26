"""Errors as Key Vault words them: one class, and one function for each text that has a source.

    KeyVaultError(status, code, message, inner)

`wire.py` turns it into the body, and nothing else does.
"""

from __future__ import annotations

from typing import Literal

# What a vault holds. Its errors have the same words for each of them, with another noun (recorded).
type Kind = Literal["certificate", "key", "secret"]


class KeyVaultError(Exception):
    """What the caller gets instead of an answer."""

    def __init__(self, status: int, code: str, message: str, inner: str | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner


# --- protocol §2, the table of errors ---


def unauthorized() -> KeyVaultError:
    """No bearer token came with the request."""
    return KeyVaultError(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")


# What public issue threads show of a token that is not taken; the recordings have none.


def token_expired() -> KeyVaultError:
    """The token is past its `exp`."""
    return KeyVaultError(401, "Unauthorized", "[TokenExpired] Error validating token: 'S2S12086'.")


def invalid_audience(found: str, expected: str) -> KeyVaultError:
    """The token is for another service."""
    return KeyVaultError(401, "Unauthorized", f"AKV10022: Invalid audience. Expected {expected}, found: {found}.")


def unknown_signing_key() -> KeyVaultError:
    """The token is not from here. Also for what is no JWT at all: the service's text for that is not known."""
    message = "AKV10046: Unable to resolve the key used for signature validation."
    return KeyVaultError(401, "Unauthorized", message)


def forbidden_by_rbac(client_id: str, object_id: str, issuer: str, action: str, resource: str) -> KeyVaultError:
    """The identity has no role with this data action on the vault; `resource` is an id of Azure Resource Manager."""
    vault = resource.split("/")[8]
    return KeyVaultError(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation "
        "time.\r\n"
        f"Caller: appid={client_id};oid={object_id};iss={issuer}\r\n"
        f"Action: '{action}'\r\n"
        f"Resource: '{resource}'\r\n"
        "Assignment: (not found)\r\n"
        "DenyAssignmentId: null\r\n"
        "DecisionReason: null \r\n"
        f"Vault: {vault};location=local\r\n",
        inner="ForbiddenByRbac",
    )


def throttled() -> KeyVaultError:
    """More requests than the vault's limits allow (protocol §6)."""
    message = "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"
    return KeyVaultError(429, "Throttled", message)


def not_found(kind: Kind, name: str) -> KeyVaultError:
    """Nothing of that name, or no such version of it."""
    return KeyVaultError(
        404,
        f"{kind.capitalize()}NotFound",
        f"A {kind} with (name/id) {name} was not found in this key vault. If you recently deleted this {kind} you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def deleted_not_found(kind: Kind, name: str) -> KeyVaultError:
    """Nothing of that name is soft-deleted (recorded, for keys: Python 2022)."""
    noun = kind.capitalize()
    return KeyVaultError(404, f"{noun}NotFound", f"Deleted {noun} not found: {name}")


def pending_not_found(name: str) -> KeyVaultError:
    """There is no operation, or not the one asked for."""
    return KeyVaultError(404, "PendingCertificateNotFound", f"Pending certificate not found: {name}")


def pending_to_merge_not_found(name: str) -> KeyVaultError:
    """The same, as merge says it: with a capital C."""
    return KeyVaultError(404, "PendingCertificateNotFound", f"Pending Certificate not found: {name}")


def issuer_not_found() -> KeyVaultError:
    """No issuer of that name is set in the vault."""
    return KeyVaultError(404, "CertificateIssuerNotFound", "Issuer not found")


def method_not_allowed(method: str) -> KeyVaultError:
    """The path is known, the method is not."""
    return KeyVaultError(405, "MethodNotAllowed", f"HTTP {method} not allowed")


def pending_in_progress() -> KeyVaultError:
    """A create under a name whose operation has not ended."""
    return KeyVaultError(
        409,
        "Conflict",
        "A new key vault certificate can not be created or imported while a pending key vault certificate's status "
        "is inProgress.",
    )


def deleted_but_recoverable(kind: Kind, name: str) -> KeyVaultError:
    """A create under a soft-deleted name (for keys: the tests of azure-sdk-for-cpp)."""
    return KeyVaultError(
        409,
        "Conflict",
        f"{kind.capitalize()} {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
        f"in this state, the {kind} can only be recovered or purged.",
        inner="ObjectIsDeletedButRecoverable",
    )


def bad_parameter(message: str) -> KeyVaultError:
    """The request itself is at fault."""
    return KeyVaultError(400, "BadParameter", message)


def invalid_property(path: str, detail: str = "") -> KeyVaultError:
    """A property of the body is at fault. The text ends in CR LF, and keeps its two blanks if the path is empty."""
    return bad_parameter(f"Property {path} has invalid value{f'. {detail}' if detail else ''}\r\n")


def api_version_unknown(version: str, latest: str) -> KeyVaultError:
    """An API version that the service does not have (azure-sdk-for-python#28595, of 2023)."""
    return bad_parameter(
        f"The specified version ({version}) is not recognized. Consider using the latest supported version ({latest})."
    )


def api_version_missing() -> KeyVaultError:
    """No API version at all; what the service says is not known (protocol §10)."""
    return bad_parameter("The query parameter api-version is missing.")


# --- protocol §4.4 and §1 ---


def update_needs_progress() -> KeyVaultError:
    """Cancelling what has ended: 403, where Microsoft's page says 400."""
    return KeyVaultError(403, "Forbidden", "Pending status must be in progress to allow update.")


def parallel_change(identifier: str) -> KeyVaultError:
    """Two changes of one pending certificate at once. The text is known, the status is not: 409 is our choice."""
    return KeyVaultError(
        409,
        "Conflict",
        f"There was a conflict while updating pending certificate '{identifier}'. This can happen when multiple "
        "operations are performed in parallel against the pending certificate. To avoid this error, perform operations "
        "against the pending certificate in a sequential manner.",
    )


# --- protocol §4.6 ---


def merge_under_issuer(issuer: str) -> KeyVaultError:
    """An issuer is still at work on the request. The spelling is the service's."""
    return KeyVaultError(
        403,
        "Forbidden",
        f"Merge is forbidden on pending object created with issuer : {issuer} while it is in progess.",
    )


def merge_after_completed(name: str) -> KeyVaultError:
    """What the real service says here is not known (protocol §10); this is our choice."""
    return KeyVaultError(403, "Forbidden", f"Merge is forbidden on pending object that is completed: {name}")


def no_valid_x5c() -> KeyVaultError:
    """`x5c` is empty, or holds something that is not base64 of DER."""
    return bad_parameter("Property x5c has invalid value X5C must has at least one valid item")


def not_a_certificate() -> KeyVaultError:
    """An element of `x5c` is base64, but of no certificate."""
    return bad_parameter("ASN1 bad tag value met")


def no_leaf() -> KeyVaultError:
    """It cannot be told which of the certificates is the leaf."""
    return bad_parameter("Unable to parse X5c certificate chain and locate leaf certificate")


def wrong_key() -> KeyVaultError:
    """The leaf is for another key than the pending one."""
    return bad_parameter(
        "The public key of the end-entity certificate in the specified X.509 certificate content does not match the "
        "public part of the specified private key. Please check if certificate is valid."
    )


# --- protocol §4.7; the two that have no mark there were found in public issue threads ---


def no_certificate_with_key() -> KeyVaultError:
    """No certificate in the content belongs to a key in it, or there are several keys."""
    return bad_parameter(
        "No certificate with private key found in the specified X.509 certificate content. Please specify X.509 "
        "certificate content with only one certificate containing private key."
    )


def key_not_in_pem() -> KeyVaultError:
    """PEM text without a private key."""
    return bad_parameter(
        "Private key is not specified in the specified X.509 PEM certificate content. Please specify private key in "
        "the X.509 PEM certificate content."
    )


def bad_pem() -> KeyVaultError:
    """PEM text that cannot be read, or a key that is not PKCS#8 (azure-cli#19017)."""
    return bad_parameter(
        "The specified PEM X.509 certificate content is in an unexpected format. Please check if certificate is in "
        "valid PEM format."
    )


def bad_pfx() -> KeyVaultError:
    """No PFX, or not with this password: the text of that is not known (AspNetCoreCertificates#38)."""
    return bad_parameter(
        "The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid "
        "PKCS#12 format."
    )


# --- protocol §4.12 and §4.13 ---


def being_deleted(kind: Kind) -> KeyVaultError:
    """A purge or recover while the deletion is under way (recorded, for keys: JavaScript 2019)."""
    message = f"{kind.capitalize()} is currently being deleted."
    return KeyVaultError(409, "Conflict", message, inner="ObjectIsBeingDeleted")


def purge_protected(vault: str) -> KeyVaultError:
    """A purge in a vault with purge protection (AzureTRE#1951)."""
    return KeyVaultError(
        403,
        "Forbidden",
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will '
        f"automatically purge it after the retention period has passed.\r\nVault: {vault};location=local",
    )


def still_deleting(kind: Kind, name: str) -> KeyVaultError:
    """A create, import or restore meanwhile (for keys: the tests of azure-sdk-for-cpp)."""
    message = f"{kind.capitalize()} {name} is currently being deleted and cannot be re-created; retry later."
    return KeyVaultError(409, "Conflict", message, inner="ObjectIsBeingDeleted")


def malformed_backup() -> KeyVaultError:
    """A blob that is no backup of this process. The code has blanks (recorded)."""
    return KeyVaultError(400, "Malformed backup blob", "Backup blob is corrupt.")


def already_exists(identifier: str) -> KeyVaultError:
    """A restore under a name that is taken (azure-sdk-for-js#5447, of 2019)."""
    message = f"Conflict while restoring certificate {identifier} - certificate already exists or concurrent access"
    return KeyVaultError(409, "Conflict", message)


# --- protocol §2 and §4.15 and §4.16 ---


def contacts_not_found() -> KeyVaultError:
    """No contacts are set."""
    return KeyVaultError(404, "ContactsNotFound", "Contacts not found")


def secret_disabled() -> KeyVaultError:
    """The secret of a disabled version. Key Vault's common text for it; no recording."""
    message = "Operation get is not allowed on a disabled secret."
    return KeyVaultError(403, "Forbidden", message, inner="SecretDisabled")
