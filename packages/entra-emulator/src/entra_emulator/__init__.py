"""Microsoft Entra for one tenant on one machine: who signs in gets tokens as the v2.0 endpoints write them.

What it does not do: know passwords, second factors or sessions (whoever opens the page chooses a person, each time),
ask for consent, hand out v1.0 tokens, tokens of implicit flows or of devices, exchange tokens on somebody's behalf or
of federated credentials, put groups into tokens, throttle. Its state is gone when it stops, and with it its keys.

Where the service was seen to differ from its documentation it follows what was seen: `iat` and `nbf` lie five minutes
back, and a key in the JWKS names no `alg`.
"""

from entra_emulator.directory import AZURE_CLI, Api, Client, Directory, Machine, Person, RedirectKind
from entra_emulator.server import Entra, running_entra

__all__ = ["AZURE_CLI", "Api", "Client", "Directory", "Entra", "Machine", "Person", "RedirectKind", "running_entra"]
