"""Each next step that a finding names is carried out in the state in which it is named, and the chain is merged."""

from __future__ import annotations

import pytest

from functions.model.finding_codes import CODES
from functions.model.findings import OF_TRUST, ONCE_MERGED
from tests.unit import step_acts as acts
from tests.unit.finding_example import Example
from tests.unit.finding_examples import EXAMPLES
from tests.unit.step_acts import Act
from tests.unit.step_cases import ELSEWHERE, Case

# The whole text of each step, so that whoever changes one looks at what is done here; alternatives one by one.
STEPS: dict[str, tuple[Act, ...]] = {
    "Drop the file that the CA sent once more.": (acts.sign_again,),
    "Drop the chain alone.": (acts.drop_alone,),
    "Drop the certificate and its own chain alone, not a CA bundle.": (acts.drop_alone,),
    "Drop the certificate and its own chain alone; if there is nothing else in the file, have the CSR signed by a CA "
    "with a shorter chain.": (acts.drop_out_of_a_tangle, acts.sign_again),
    "Unpack it, and drop the certificates in it alone. If a private key is in it, others may have read that meanwhile: "
    "replace it.": (acts.drop_alone,),
    "Get the file again from where the CA gave it, and drop the certificates in it alone. If a private key is in it, "
    "others may have read that meanwhile: replace it.": (acts.drop_alone,),
    # What is to be done with the copies is done on the stack (tests/thorough/requests/test_next_steps.py).
    "That key counts as exposed: replace it wherever it is used. Delete every copy of the file: the one in "
    "chains-quarantine, soft-deleted ones and earlier versions of the blob too (az storage blob list --include dv; "
    "az storage blob delete --version-id VERSION). Then drop the certificates alone.": (acts.drop_alone,),
    "Send the CSR to the CA, and drop the certificate that the CA returns.": (acts.sign_again,),
    "Ask the CA for the certificate as a file (PEM, DER or .p7b), and drop that.": (acts.sign_again,),
    "Drop it once more, whole: copied from BEGIN to END, or the file again as the CA gave it.": (acts.sign_again,),
    "If the chain is not complete without it, drop it once more, whole: copied from BEGIN to END, or the file again as "
    "the CA gave it.": (acts.sign_again,),
    "Drop the certificate that the CA issued for the CSR, together with these or alone.": (
        acts.sign_again,
        acts.drop_certificate_alone,
    ),
    "Check that the CA signed the newest CSR: each request has a key of its own. Have the right one signed (GET "
    "/api/csrs, with a function key in the header x-functions-key, has all that wait), and drop the new chain.": (
        acts.sign_again,
    ),
    "Have the CSR of this request signed; each request has a key of its own.": (acts.merge_the_right_one,),
    "If its request is in one of those, there is nothing to do: a dropped file waits, and is handled again after "
    "their next inventory scan, which has been asked for. If it is in none: have the right CSR signed (GET /api/csrs, "
    "with a function key in the header x-functions-key, has all that wait), and drop the new chain.": (
        acts.wait_for_the_survey,
        acts.sign_another_that_waits,
    ),
    "Start a new request, have its CSR signed, and drop that chain.": (acts.next_version,),
    "Get that certificate from the CA and drop both together.": (acts.drop_both,),
    "Get that certificate from the CA and drop both together. If it is a CA whose certificates the vault should take: "
    "put it into trusted-cas/main/, and drop the file again.": (acts.drop_both, acts.trust_it),
    "Ask the CA for the certificate and its chain once more.": (acts.sign_again,),
    "Have the CSR signed by a CA, and drop its chain.": (acts.sign_again,),
    "Have the CSR signed by a CA that may issue for this.": (acts.sign_again,),
    "Have the CSR signed by a CA that may issue for all of its names, or start a new request without the others and "
    "have its CSR signed.": (
        acts.sign_again,
        acts.ask_for_other_names,
    ),
    "Ask the CA for a valid chain.": (acts.sign_again,),
    "Ask the CA for the certificate that this one names, and drop both together.": (acts.sign_again,),
    "Ask the CA for a chain that TLS clients take.": (acts.sign_again,),
    "Have the CSR signed by a CA whose certificates the vault takes. If this one should be: put its certificate into "
    "trusted-cas/main/, and drop the file again.": (acts.sign_again, acts.trust_it),
    "Take out of these files what is not needed, and put in what can be read of the rest.": (acts.clear_the_trusted,),
    "Put the CA's certificate into trusted-cas/main/, or fix what is named. A dropped file waits where it is, and "
    "Certflow then merges it by itself.": (acts.trust_and_wait,),
    "To take this CA's certificates and no others: put its root certificate into trusted-cas/main/. The word public in "
    "a file there stands for the public CAs.": (acts.trust_only_this,),
    "Send this file to the operators of Certflow; until the error is fixed, merge the chain in Key Vault.": (
        acts.merge_in_key_vault,
    ),
    "If your clients do not: ask the CA for its chain as it is now, and drop that.": (acts.drop_the_chain_of_now,),
    "Ask the CA for its chain as it is now.": (acts.drop_the_chain_of_now,),
    "Ask the CA for its certificate as it is now, put that into trusted-cas/main/, and drop the file again.": (
        acts.renew_the_trusted,
    ),
    "Ask the CA to issue the certificate again, and to correct this extension.": (acts.sign_again,),
    "Ask the CA to issue this certificate again, and to correct its extensions.": (acts.sign_again,),
    "Ask the CA to sign the CSR again, without these extensions, or with them not critical.": (acts.sign_again,),
    "Drop the certificate that the CA issued after it; it has the same serial number.": (acts.sign_again,),
    "Ask the CA to sign the CSR again.": (acts.sign_again,),
    "Drop it again then, or ask the CA for one that is valid now.": (acts.drop_the_next_day, acts.sign_again),
    "Ask the CA to sign the CSR again, as a subordinate CA.": (acts.sign_again,),
    "Have the CSR signed by a CA that allows another one below it.": (acts.sign_again,),
    "Ask the CA when it renews that certificate, and drop the new chain then.": (acts.sign_again,),
    "Ask the CA to sign the CSR again, as a server's certificate. If a CA's was wanted, start a new request whose "
    "policy asks for the key usage keyCertSign, and have its CSR signed.": (acts.sign_again, acts.next_version_of_a_ca),
    "Ask the CA to sign the CSR again, with SHA-256 or better.": (acts.sign_again,),
    "Ask the CA for a newer chain.": (acts.sign_again,),
    "Ask the CA for a chain with longer keys.": (acts.sign_again,),
    "Start a new request whose policy asks for a longer key (key_props.key_size), have its CSR signed, and drop that "
    "chain.": (acts.next_version,),
    "Ask the CA to sign the CSR again, with all of its names as subject alternative names.": (acts.sign_again,),
    "If each name shall stand in it: ask the CA to sign the CSR again, with all of its names.": (acts.sign_again,),
    "If that is not wanted, have the CSR signed again without it.": (acts.sign_again,),
    "Ask the CA to sign the CSR again, with its name as a subject alternative name.": (acts.sign_again,),
    "Ask the CA to sign the CSR again, with this extended key usage. If the certificate is right and the request was "
    "not: start a new request whose policy asks for the extended key usage that is wanted, and have its CSR signed.": (
        acts.sign_again,
        acts.next_version,
    ),
    "Ask the CA to sign the CSR again, with this key usage. If the certificate is right and the request was not: start "
    "a new request whose policy asks for the key usage that is wanted, and have its CSR signed.": (
        acts.sign_again,
        acts.next_version,
    ),
    "Ask the CA to sign the CSR again, with the key usage digitalSignature.": (acts.sign_again,),
    "If that is needed: ask the CA to sign the CSR again, with it.": (acts.sign_again,),
    "If the policy is right, ask the CA for a shorter one; otherwise correct the policy.": (
        acts.sign_again,
        acts.allow_longer,
    ),
    "If Certflow shall merge there, take ':observe' out of that setting and drop the file again; otherwise merge the "
    "chain in Key Vault.": (acts.let_it_merge, acts.merge_in_key_vault),
    "If it is no root: drop the chain again with its certificate.": (acts.drop_with_its_root,),
    ONCE_MERGED["root-not-in-file"]: (acts.next_version_with_root,),
    ONCE_MERGED["unreadable-part"]: (acts.next_version,),
    ONCE_MERGED["expired-left-out"]: (acts.next_version,),
    ONCE_MERGED["path-length-reached"]: (acts.next_version_of_a_ca,),
    ONCE_MERGED["ca-ends-first"]: (acts.next_version,),
    ONCE_MERGED["name-by-wildcard"]: (acts.next_version,),
    ONCE_MERGED["name-added"]: (acts.next_version,),
    ONCE_MERGED["no-alternative-name"]: (acts.next_version,),
    ONCE_MERGED["usage-narrower"]: (acts.next_version,),
    ONCE_MERGED["lifetime-longer"]: (acts.next_version, acts.allow_longer),
}
NOTES = {"root-not-in-file"}  # the notes with a step
DONE = [one for one in EXAMPLES if (CODES[one.code][0] != "note" or one.code in NOTES) and one.code not in ELSEWHERE]
MERGED = [one for one in DONE if CODES[one.code][0] != "error"]


@pytest.mark.parametrize("one", DONE, ids=str)
async def test_what_a_report_says_is_done_and_the_chain_merged(one: Example) -> None:
    dropped = CODES[one.code][0] == "error" and one.code not in {"not-judged", "key-of-another-request"}
    await _all_done(one, dropped=dropped)


@pytest.mark.parametrize("one", MERGED, ids=str)
async def test_what_is_said_once_a_chain_is_merged_is_done_and_another_merged(one: Example) -> None:
    await _all_done(one, dropped=True)


async def _all_done(one: Example, *, dropped: bool) -> None:
    case = await Case.of(one, dropped=dropped)
    assert case.steps
    for step in case.steps:
        for act in STEPS[step]:
            fresh = await Case.of(one, dropped=dropped)
            merged = fresh.merges
            fresh.step = step
            await act(fresh)
            assert fresh.is_merged, fresh.report
            assert fresh.merges == merged + 1
            said = [(found["code"], found["severity"]) for found in fresh.report["findings"]]
            assert (one.code, CODES[one.code][0]) not in said, said


async def test_every_step_that_is_done_here_is_named_by_a_finding() -> None:
    cases = [await Case.of(one, dropped=False) for one in DONE]
    assert {step for case in cases for step in case.steps} | set(ONCE_MERGED.values()) == STEPS.keys()


def test_every_code_with_a_step_is_among_them() -> None:
    grave = {code for code, (severity, _) in CODES.items() if severity != "note"}
    assert grave | NOTES == {one.code for one in DONE} | ELSEWHERE.keys()


def test_every_warning_says_what_can_still_be_done_or_is_about_the_operators_own_settings() -> None:
    assert {one.code for one in MERGED} - ONCE_MERGED.keys() == OF_TRUST
