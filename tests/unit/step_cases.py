"""The state in which a finding names its next step, and what its reader has at hand then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography import x509

from functions.model.request.operation import Status
from functions.ports.key_vault_objects import CreateFields
from functions.ports.vault import PendingOperation
from functions.requests.create import CreateCommand, create_request
from tests.certificates import CLIENT, DAY, SERVER, Ca, Wish, csr_of, ec_key, pem
from tests.unit.fakes import FakeVault, World
from tests.unit.finding_chains import HOST, ISSUING, LONG, OF_OLD_ROOT, ROOT, SHORT_ROOT, STRANGER
from tests.unit.finding_example import Example, inspected, world_with
from tests.unit.finding_example import dropped as drop

# What a real Key Vault does about it is done on the stack (tests/thorough/requests/test_next_steps.py).
APPROVALS = "unit/approvals/test_elsewhere.py::"
ELSEWHERE = {
    "refused-by-key-vault": "thorough/requests/test_next_steps.py::"
    "test_an_issuer_that_works_on_a_request_is_waited_for_or_its_"
    "request_cancelled_and_the_file_dropped_again",
    "awaiting-approval": f"{APPROVALS}test_a_dropped_chain_waits_and_is_merged_by_itself_after_the_yes",
    "not-approved": f"{APPROVALS}test_a_request_that_was_not_approved_is_started_anew_and_merged_then",
}
USAGES = {"keyCertSign": "key_cert_sign", "cRLSign": "crl_sign", "digitalSignature": "digital_signature"}
PLACE = re.compile(r"trusted-cas/(\w+)/")
# Who signs for a vault that takes these CAs; None: nobody of those may, and somebody else's CA is set as trusted first.
SIGNERS: list[tuple[Ca, Ca]] = [
    (ROOT, ISSUING),
    (STRANGER, STRANGER.ca("CA of the strangers", LONG)),
    (OF_OLD_ROOT, OF_OLD_ROOT),
    (SHORT_ROOT, SHORT_ROOT),
]


class PolicyVault(FakeVault):
    """Makes the CSR as the policy asks, as Key Vault does."""

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        await super().create(name, body)
        asked = body["policy"].get("x509_props")
        if asked is None:
            return await self.pending(name)
        self.policies[name] = body["policy"]
        usages = [USAGES[one] for one in asked.get("key_usage", ())]
        names = asked["sans"]["dns_names"]
        csr = csr_of(ec_key(), names[0], names, usages)
        self.operations[name] = replace(self.operations[name], csr=csr)
        return await self.pending(name)


@dataclass
class Case:
    """An example's world, its file, and the report in which `step` stands."""

    one: Example
    world: World
    vault: PolicyVault  # also where the world has something before it
    content: bytes
    report: Mapping[str, Any] = field(default_factory=dict)
    step: str = ""
    name: str = "web"

    @classmethod
    async def of(cls, one: Example, *, dropped: bool) -> Case:
        """After the example's own look at its file; `dropped`: after that was dropped."""
        world = world_with(one.csr, one.policy, *one.trusted)
        world.vault = vault = PolicyVault(world.vault.operations, policies=world.vault.policies)
        made = one.make(world)
        content = made if isinstance(made, bytes) else await made
        case = cls(one, world, vault, content, name="gone" if one.code == "request-ended" else "web")
        case.report = await (drop if dropped and one.look is inspected else one.look)(world, content)
        return case

    @property
    def steps(self) -> list[str]:
        """What is to be done about the example's code."""
        return list(dict.fromkeys(one["next_step"] for one in self.report["findings"] if one["code"] == self.one.code))

    @property
    def is_merged(self) -> bool:
        """Whether the request that stands has got its chain."""
        return self.vault.operations[self.name].status is Status.COMPLETED

    @property
    def merges(self) -> int:
        """How many chains the vault has merged."""
        return len(self.vault.merges)

    def trust(self, *cas: Ca) -> None:
        """Puts the certificates of CAs where the step says, or else where the operators' are."""
        named = PLACE.search(self.step)
        files = self.world.trusted.given.setdefault(named[1] if named else "main", {})
        files |= {f"more-{number}.pem": pem(ca.certificate) for number, ca in enumerate(cas)}

    def signer(self) -> Ca:
        """A CA that the vault takes and that may issue."""
        trusted = [one.subject for one in self.one.trusted]
        for anchor, signer in SIGNERS:
            if anchor.subject in trusted:
                return signer
        if trusted:
            self.trust(ROOT)
        return ISSUING

    def signed(self, by: Ca | None = None, end: int = 89) -> bytes:
        """What a CA makes of the CSR if it grants all that is asked for, with the CA's certificate."""
        csr, by = self.vault.operations[self.name].csr, by or self.signer()
        asked = {one.oid: one.value for one in x509.load_der_x509_csr(csr).extensions}
        usage, ekus = asked.get(x509.KeyUsage.oid), asked.get(x509.ExtendedKeyUsage.oid)
        wanted = {one for one in USAGES.values() if getattr(usage, one, False)}
        a_ca = "key_cert_sign" in wanted and ekus is None
        usages = wanted if a_ca else {"digital_signature", *wanted}
        wish = Wish(usages=usages, ekus=list(ekus) if ekus else [SERVER, CLIENT], end=end * DAY)
        return pem(by.signs(csr, wish, ca=a_ca), by.certificate)

    async def drop(self, content: bytes) -> None:
        """Drops a file under the same name."""
        self.report = await drop(self.world, content)

    async def begin(self, host: str = HOST, **asked: Any) -> None:
        """Starts its next version, or a new request in place of the one that is pending."""
        properties: Any = {"subject": f"CN={host}", "sans": {"dns_names": [host]}, **asked}
        policy: CreateFields = {"policy": {"issuer": {"name": "Unknown"}, "x509_props": properties}}
        await create_request(self.world.certflow, CreateCommand("main", self.name, policy, if_pending="replace"))
