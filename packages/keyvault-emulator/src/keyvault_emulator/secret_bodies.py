"""The secret that stands beside a certificate (protocol §4.16), key by key in the recorded order."""

from __future__ import annotations

from keyvault_emulator.bodies import Body, full_attributes
from keyvault_emulator.certificate import Certificate, Version
from keyvault_emulator.exports import content_type, secret_value


def secret_body(url: str, certificate: Certificate, version: Version) -> Body:
    """The secret: the certificate with its key."""
    return {
        "value": secret_value(version),
        "contentType": content_type(version),
        "id": f"{url}/secrets/{certificate.name}/{version.id}",
        "managed": True,
        "attributes": full_attributes(certificate, version),
        **({} if version.tags is None else {"tags": version.tags}),
        "kid": f"{url}/keys/{certificate.name}/{version.id}",
    }
