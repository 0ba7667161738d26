"""A stand-in for Azure Key Vault's certificates, on this machine, for tests and trials.

What it does not do:

- It keeps nothing unless it is given a file for that (`keeper.py`): all vaults are gone when it stops. It protects
  nothing: keys lie in memory, HSM keys are software.
- There are no access policies and no scopes: an identity has a list of data actions, the same in every vault.
- No keys and secrets of their own: the secret and the key of a certificate can be read, and nothing else be done
  with them. It answers 404 or 405 there.
- A purged name is free at once, where the service takes a while; a recovered certificate is there at once unless told
  otherwise. A backup can be restored only while the process that made it runs. Contacts get no mail.
- It is never slow, never throttles and never fails by chance, unless its switches say so (`unkindness.py`).
- It renews nothing, and of Key Vault's events it sends only `CertificateNewVersionCreated`.
- It does not check a merged chain against policy, validity or trust; neither does Key Vault.

What it does: real keys, real CSRs, real X.509; the whole life of a pending certificate with the states, bodies,
headers and errors that were recorded from the service; a vault under every host name that leads here; issuers `Self`
and `Unknown`, and providers `Test`, `DigiCert` and `GlobalSign` played by a small CA, which can be told to refuse or
to hang (`control.py`); soft delete; an App Service-style identity endpoint, whose tokens and nobody else's are taken.
Microsoft's SDK clients drive it unchanged at `https://{vault}.localhost:PORT`, and elsewhere with
`verify_challenge_resource=False`. The page for its users is docs/keyvault-stand-in.md.

    python -m local.keyvault --port 8443 --identity-port 8444 --ca-file ca.pem

"protocol §n" in comments refers to the project's notes on what the real service says on the wire.
"""

from local.keyvault.server import StandIn, running_standin

__all__ = ["StandIn", "running_standin"]
