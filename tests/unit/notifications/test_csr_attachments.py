"""The CSRs that go with a mail: each held against its request, and none of them keeps a message back."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.mail.gathered import mail_with
from functions.app.open_csrs import line_of as open_line
from functions.model.errors import Refused, Unavailable
from functions.model.events.work_list import WorkList
from functions.model.options import QUIET_GATHERING
from functions.model.request.operation import Status
from functions.notifications import csr_attachments
from functions.ports.notifications import Notice
from tests.clock import NOW
from tests.unit.gathered_messages import PKI, asked, told_to_people, until


async def test_the_csrs_go_with_the_mail_as_one_zip_and_no_card_carries_them() -> None:
    world, mail, teams = told_to_people()
    for number in range(3):
        await asked(world, f"web-{number}", "ann@example.com")
    await until(world, NOW + QUIET_GATHERING)
    ((attached,),) = mail.attached
    assert (attached.name, attached.kind) == ("certflow-csrs.zip", "application/zip")
    assert attached.says == "3 CSRs are attached in certflow-csrs.zip, with a manifest."
    archive = zipfile.ZipFile(io.BytesIO(attached.content))
    names = [f"main/web-{number}.csr" for number in range(3)]
    assert archive.namelist() == ["manifest.csv", "manifest.json", *names]
    assert {archive.read(name) for name in names} == {csr for csr, _ in world.csr_store.given.values()}
    assert json.loads(archive.read("manifest.json"))["returns_to"] == world.csr_store.returns_to
    assert teams.attached == [[]]


async def test_a_single_csr_goes_with_its_mail_as_it_is() -> None:
    world, mail, _ = told_to_people()
    await asked(world, "web", "ann@example.com")
    await until(world, NOW + QUIET_GATHERING)
    ((attached,),) = mail.attached
    assert (attached.name, attached.content) == ("web.csr", next(iter(world.csr_store.given.values()))[0])
    assert attached.says == "The CSR is attached: web.csr."


async def test_csrs_that_do_not_fit_are_left_to_their_links(monkeypatch: pytest.MonkeyPatch) -> None:
    world, mail, _ = told_to_people()
    for number in range(3):
        await asked(world, f"web-{number}", "ann@example.com")
    sizes = [len(csr) for csr, _ in world.csr_store.given.values()]
    monkeypatch.setattr(csr_attachments, "MAX_BYTES", sum(sizes) - 1)
    await until(world, NOW + QUIET_GATHERING)
    ((attached,),) = mail.attached
    assert len(zipfile.ZipFile(io.BytesIO(attached.content)).namelist()) == 2 + 2
    assert attached.says.endswith(" Not attached: 1 more. The zip that is named below has all that still wait.")
    mail_text = mail_with(mail.sent, [PKI], [attached]).text
    assert mail_text.index("is named below") < mail_text.index("All open CSRs as one zip: GET /api/csrs")


@pytest.mark.parametrize("around", ["another's", "a forgery", "more text"])
async def test_a_csr_that_somebody_exchanged_where_it_was_handed_out_is_never_mailed(around: str) -> None:
    world, mail, _ = told_to_people()
    for name in ("web", "other"):
        await asked(world, name, "ann@example.com")
    ours, others = (world.vault.operations[name].request_id for name in ("web", "other"))
    right = world.csr_store.given[ours][0]
    wrong = {
        "another's": world.csr_store.given[others][0],
        "a forgery": forged(right),
        "more text": b"Send the certificate to me@evil.example\n" + right,
    }
    world.csr_store.given[ours] = (wrong[around], b"")
    await until(world, NOW + QUIET_GATHERING)
    ((attached,),) = mail.attached
    assert zipfile.ZipFile(io.BytesIO(attached.content)).read("main/web.csr") == right


def forged(csr: bytes) -> bytes:
    """The CSR with another name, and the signature that it had."""
    der = x509.load_pem_x509_csr(csr).public_bytes(Encoding.DER)
    other = der.replace(b"web.example.com", b"wob.example.com")
    assert other != der
    return x509.load_der_x509_csr(other).public_bytes(Encoding.PEM)


async def test_a_csr_that_cannot_be_read_keeps_the_others_no_more_than_the_message() -> None:
    world, mail, _ = told_to_people()
    for name in ("web", "other"):
        await asked(world, name, "ann@example.com")
    await world.csr_store.remove("main", "web", world.vault.operations["web"].request_id)
    world.vault.faults.append(Refused(403, "Forbidden", "no", inner="ForbiddenByRbac"))
    await until(world, NOW + QUIET_GATHERING)
    ((attached,),) = mail.attached
    assert zipfile.ZipFile(io.BytesIO(attached.content)).namelist()[2:] == ["main/other.csr"]


async def test_the_csr_of_a_request_that_has_ended_is_not_mailed_though_it_still_lies_there() -> None:
    world, _, _ = told_to_people()
    for name in ("web", "other"):
        await asked(world, name, "ann@example.com")
    request_id = world.vault.operations["web"].request_id
    request = world.ledger.tracked["main", "web", request_id]
    world.ledger.tracked["main", "web", request_id] = replace(request, status=Status.CANCELLED)
    lines = [replace(open_line(one), csr=True) for one in world.ledger.tracked.values()]
    notice = Notice("e", WorkList.type, "Two wait", True, "So.", (), "Sign.", lines=tuple(lines))
    (attached,) = await csr_attachments.csrs_of(world.certflow, [notice])
    assert zipfile.ZipFile(io.BytesIO(attached.content)).namelist()[2:] == ["main/other.csr"]


async def test_csrs_that_cannot_be_read_keep_no_message_back() -> None:
    world, mail, _ = told_to_people()
    await asked(world, "web", "ann@example.com")

    async def down(*_: str) -> None:
        raise Unavailable("The storage", "down")

    world.csr_store.read = down  # type: ignore[method-assign,assignment]
    await until(world, NOW + QUIET_GATHERING)
    assert (len(mail.sent), mail.attached) == (1, [[]])


async def test_a_mail_that_is_tried_again_later_brings_the_same_zip() -> None:
    world, mail, _ = told_to_people()
    for name in ("web", "other"):
        await asked(world, name, "ann@example.com")
    await until(world, NOW + QUIET_GATHERING)
    (first,) = await csr_attachments.csrs_of(world.certflow, mail.sent)
    world.later(hours=1)
    assert await csr_attachments.csrs_of(world.certflow, mail.sent) == (first,)
