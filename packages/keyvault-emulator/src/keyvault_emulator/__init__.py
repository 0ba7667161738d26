"""An emulator of Azure Key Vault's certificates and signing keys, on this machine, for tests and trials.

What it does not do:

- It keeps nothing unless it is given a file for that (`keeper.py`): all vaults are gone when it stops. It protects
  nothing: keys lie in memory, HSM keys are software.
- There are no access policies and no scopes: an identity has a list of data actions, the same in every vault.
- No secrets of their own: the secret of a certificate can be read, and nothing else be done with it. Keys can be made,
  imported, listed, changed and deleted, and sign and verify; nothing is encrypted, wrapped, backed up or rotated. What
  is not there answers 404 or 405.
- A purged name is free at once, where the service takes a while; a recovered certificate is there at once unless told
  otherwise. A backup can be restored only while the process that made it runs. Contacts get no mail.
- It is never slow, never throttles and never fails by chance, unless its switches say so (`unkindness.py`).
- It renews nothing, and of Key Vault's events it sends only `CertificateNewVersionCreated`.
- It does not check a merged chain against policy, validity or trust; neither does Key Vault.

What it does: real keys, real CSRs, real X.509; the whole life of a pending certificate with the states, bodies,
headers and errors that were recorded from the service; keys that sign and verify, certificates' keys too; a vault
under every host name that leads here; issuers `Self` and `Unknown`, and providers `Test`, `DigiCert` and `GlobalSign`
played by a small CA, which can be told to refuse or to hang (`control.py`); soft delete; an App Service-style identity
endpoint, whose tokens and nobody else's are taken. Microsoft's SDK clients drive it unchanged at
`https://{vault}.localhost:PORT`, and elsewhere with `verify_challenge_resource=False`. The page for its users is
README.md.

    python -m keyvault_emulator --port 8443 --identity-port 8444 --ca-dir ca

"protocol §n" in comments is that section of docs/key-vault-protocol.md in the project's repository: what the real
service says on the wire.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyvault_emulator.server import Emulator, running_emulator

__all__ = ["Emulator", "running_emulator"]
OLD_NAMES = {"StandIn": "Emulator", "running_standin": "running_emulator"}  # for a release


def __getattr__(name: str) -> object:
    """Imports the server when it is first asked for.

    aiohttp reads SSL_CERT_FILE while it is imported, so whoever makes the CA of that file with `keyvault_emulator.tls`
    must be able to do it before.
    """
    name = OLD_NAMES.get(name, name)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from keyvault_emulator import server

    return getattr(server, name)
