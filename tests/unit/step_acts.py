"""What the reader of a finding does when its next step says so, each act in the state in which it was said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from cryptography import x509

from functions.chains.handle_upload import sweep_files
from functions.chains.merge_by_call import merge
from functions.chains.parsing.parse import parse
from functions.model.request.actor import UNNAMED
from functions.model.request.operation import Operation, Status
from functions.monitoring.inventory_scan import request_scans
from functions.requests.manage import Address
from tests.certificates import Ca, Wish, csr_of, ec_key, pem
from tests.unit.finding_chains import HOST, ISSUING, LONG, OF_OLD_ROOT, OLD_ROOT, ROOT, STRANGER
from tests.unit.step_cases import Case

type Act = Callable[[Case], Awaitable[None]]


async def sign_again(case: Case) -> None:
    """The CA signs the CSR that waits, once more or for the first time, and what it sends is dropped."""
    await case.drop(case.signed())


async def drop_alone(case: Case) -> None:
    """The certificate with its own chain, without what was beside them in the file."""
    await case.drop(case.signed())


async def drop_out_of_a_tangle(case: Case) -> None:
    """The same, where the file has many CAs of its CA's name: they, and not its own chain, are why it was refused."""
    plain = replace(LONG, key_ids=False)
    issuing, others = ROOT.ca("One Name", plain), [Ca.root("One Name", plain, at=ROOT.at)]
    for _ in range(60):
        others.append(others[-1].ca("One Name", plain))
    across = others[-1].ca("One Name", plain, issuing.key)
    chain = pem(issuing.signs(case.one.csr, Wish(key_ids=False)), issuing.certificate)
    await case.drop(chain + pem(across.certificate, *(one.certificate for one in others)))
    assert (case.one.code, case.step) in [(one["code"], one["next_step"]) for one in case.report["findings"]]
    await case.drop(chain)


async def drop_certificate_alone(case: Case) -> None:
    """Without its CA's, which the vault takes."""
    case.trust(ISSUING)
    await case.drop(case.signed().partition(b"-----END CERTIFICATE-----\n")[0] + b"-----END CERTIFICATE-----\n")


async def drop_the_next_day(case: Case) -> None:
    """The same file, when what it holds is valid."""
    case.world.later(days=1)
    await case.drop(case.content)


async def drop_both(case: Case) -> None:
    """The certificate that is named and the file's own, in one file; in a vault that takes others', what is said then
    is done, too.
    """
    together = case.content + pem(ISSUING.certificate, ROOT.certificate)
    await case.drop(together)
    if case.report["findings"][0]["code"] == "untrusted-ca":
        case.step = case.report["next_step"]
        case.trust(ROOT)
        await case.drop(together)


async def trust_it(case: Case) -> None:
    """The CA that is named is set as trusted, and the file dropped again."""
    assert case.step.endswith("and drop the file again.")
    lacking = case.report["findings"][0]["sentence"]
    case.trust(ISSUING if lacking.startswith("The certificate of CN=Test Issuing CA") else ROOT)
    await case.drop(case.content)


async def drop_with_its_root(case: Case) -> None:
    """The same file with the certificate that was taken for the root's."""
    await case.drop(case.content + pem(ROOT.certificate))


async def next_version_with_root(case: Case) -> None:
    """The next version's chain with it."""
    await case.begin()
    await case.drop(case.signed() + pem(ROOT.certificate))


async def renew_the_trusted(case: Case) -> None:
    """The CA's own certificate as it is now is set as trusted, and the file dropped again."""
    assert case.step.endswith("and drop the file again.")
    case.trust(Ca.root(OLD_ROOT.subject, LONG, OLD_ROOT.key, at=OLD_ROOT.at))
    await case.drop(case.content)


async def drop_the_chain_of_now(case: Case) -> None:
    """What the CA sends today: the same certificate, below CAs that have not expired."""
    root = Ca.root(OLD_ROOT.subject, LONG, OLD_ROOT.key, at=OLD_ROOT.at)
    of_old = b"CN=CA of an old root" in case.one.words[0].encode() or "Old Root" in case.one.words[0]
    await case.drop(case.signed(OF_OLD_ROOT) + pem(root.certificate) if of_old else case.signed())


async def trust_and_wait(case: Case) -> None:
    """Nobody drops the file again: it lies where it was dropped, and the sweep takes it up."""
    case.trust(ROOT)
    case.world.later(minutes=11)
    await sweep_files(case.world.certflow)
    case.report = {"findings": []}


async def wait_for_the_survey(case: Case) -> None:
    """The request is in the vault that was not looked through; its survey comes, and the file that lies there is taken
    up.
    """
    world = case.world
    assert "main" in world.monitoring_store.asked
    case.vault.operations["web"] = Operation("2" * 32, Status.IN_PROGRESS, "Unknown", case.one.csr)
    world.later(minutes=11)
    since = world.now
    await request_scans(world.certflow)
    while (survey := await world.monitoring_store.scan("main")).covers is None or survey.covers < since:
        await world.shift()
        world.later(minutes=1)
    await sweep_files(world.certflow)
    case.report = {"findings": []}


async def sign_another_that_waits(case: Case) -> None:
    """The file's request is in none of the vaults: the CSR of one that is there is signed."""
    case.name = "web-7"
    case.vault.operations[case.name] = replace(case.vault.operations[case.name], csr=csr_of(ec_key(), HOST, [HOST]))
    case.world.later(minutes=11)
    await case.drop(case.signed())


async def clear_the_trusted(case: Case) -> None:
    """The server's certificate is taken out of the file, and the CA's stays; seen at the next chain."""
    case.world.trusted.given["main"]["more.pem"] = pem(STRANGER.certificate)
    await next_chain(case)


async def trust_only_this(case: Case) -> None:
    """The root that is named is set as trusted; seen at the next chain."""
    case.trust(ROOT)
    await next_chain(case)


async def next_chain(case: Case) -> None:
    """The file, or if that is merged already, one for the next version."""
    if case.is_merged:
        await next_version(case)
    else:
        await case.drop(case.content)


async def next_version(case: Case) -> None:
    """The next version is started, and its CSR signed as it was asked for."""
    await case.begin()
    await case.drop(case.signed())


async def next_version_of_a_ca(case: Case) -> None:
    """The same, for a CA's certificate."""
    await case.begin(key_usage=["keyCertSign", "cRLSign"])
    await case.drop(case.signed())


async def ask_for_other_names(case: Case) -> None:
    """A new request, without the names that the CA may not issue for; the same CA signs it."""
    await case.begin("web.corp.example")
    limits = x509.NameConstraints([x509.DNSName("corp.example")], None)
    await case.drop(case.signed(ROOT.ca("Limited CA", replace(LONG, limits=limits))))


async def allow_longer(case: Case) -> None:
    """The policy is corrected; seen at the same certificate, or if that is merged, at the next version."""
    if case.is_merged:
        await case.begin(validity_months=24)
    else:
        properties = case.vault.policies["web"]["x509_props"]
        case.vault.policies["web"] = {"x509_props": {**properties, "validity_months": 24}}
    await case.drop(case.signed(end=400))


async def let_it_merge(case: Case) -> None:
    """The vault's setting without ':observe', and the file dropped again."""
    case.world.vault = case.vault
    await case.drop(case.content)


async def merge_in_key_vault(case: Case) -> None:
    """By whoever may, with Key Vault's own tools."""
    await case.vault.merge(case.name, [one.der for one in parse(case.content).certificates])
    case.report = {"findings": []}


async def merge_the_right_one(case: Case) -> None:
    """The same call with a chain for the CSR of this request."""
    await merge(case.world.certflow, Address("main", "web"), parse(case.signed()).certificates, {}, UNNAMED)
    case.report = {"findings": []}
