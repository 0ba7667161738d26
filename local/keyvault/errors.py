"""Errors as Key Vault words them: one class, and one function for each text that has a source.

    KeyVaultError(status, code, message, inner)

`wire.py` turns it into the body, and nothing else does.
"""

from __future__ import annotations


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


def certificate_not_found(name: str) -> KeyVaultError:
    """No such certificate, or no such version of it."""
    return KeyVaultError(
        404,
        "CertificateNotFound",
        f"A certificate with (name/id) {name} was not found in this key vault. If you recently deleted this "
        "certificate you may be able to recover it using the correct recovery command. For help resolving this "
        "issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def deleted_certificate_not_found(name: str) -> KeyVaultError:
    """Nothing of that name is soft-deleted."""
    return KeyVaultError(404, "CertificateNotFound", f"Deleted Certificate not found: {name}")


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


def deleted_but_recoverable(name: str) -> KeyVaultError:
    """A create under a soft-deleted name."""
    return KeyVaultError(
        409,
        "Conflict",
        f"Certificate {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this "
        "state, the certificate can only be recovered or purged.",
        inner="ObjectIsDeletedButRecoverable",
    )


def bad_parameter(message: str) -> KeyVaultError:
    """The request itself is at fault."""
    return KeyVaultError(400, "BadParameter", message)


def invalid_property(path: str, detail: str = "") -> KeyVaultError:
    """A property of the body is at fault. The text ends in CR LF, and keeps its two blanks if the path is empty."""
    return bad_parameter(f"Property {path} has invalid value{f'. {detail}' if detail else ''}\r\n")


# --- protocol §4.4 and §1 ---


def update_needs_progress() -> KeyVaultError:
    """Cancelling what has ended: 403, where Microsoft's page says 400."""
    return KeyVaultError(403, "Forbidden", "Pending status must be in progress to allow update.")


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
