"""The rows of the access file: what each field may be."""

from __future__ import annotations

import string

from functions.access.limits import RequestLimits
from functions.access.matching import dns_names
from functions.access.matching.keys import read_key
from functions.access.matching.other_names import read_mail_pattern, read_network, read_uri_pattern
from functions.access.matching.subject import read_subject
from functions.access.policy import KEY_USAGES, is_oid
from functions.access.row_reader import AccessFault, RowReader
from functions.access.rules import Condition, Grant
from functions.access.verbs import Verb
from functions.access.who import read_who
from functions.model.people.addresses import ADDRESS
from functions.x509.usages import EKU_NAMES

LIMIT_FIELDS = tuple(RequestLimits.__slots__)
GRANT_FIELDS = ("who", "may", "vaults", "names", *LIMIT_FIELDS, "note")
CONDITION_FIELDS = (
    *("who", "verbs", "vaults", "names", "issuers", "wildcard", "exportable"),
    *("deny", "say", "approvals", "by", "tell", "note"),
)
POLICY_CONDITIONS = ("issuers", "wildcard", "exportable")
APPROVAL_FIELDS = ("by", "tell")
MAX_MONTHS = 1200
MAX_STARTS_A_DAY = 100_000
MAX_APPROVALS = 5
# Letters of aliases of vaults, of certificates and of issuers (protocol §2, §4.14).
NAME_LETTERS = frozenset(string.ascii_letters + string.digits + "-*")


def grant_of(row: str, value: object, faults: list[AccessFault]) -> Grant:
    """Reads a row of `grants`. What is wrong is added to `faults`, and the grant then of no use."""
    read = RowReader(row, value, GRANT_FIELDS, faults)
    read.require("who", "It names role:NAME, app:GUID and oid:GUID.")
    read.require("may", f"It names verbs: {', '.join(Verb)}.")
    may = frozenset(read.items("may", _verb) or ())
    if may and Verb.REQUEST not in may:
        for field in LIMIT_FIELDS:
            if field in read.fields:
                read.fault(
                    field, "This counts for the verb request alone, which may does not name."
                )
    read.line("note")
    return Grant(
        who=read.items("who", read_who) or (),
        may=may,
        vaults=read.items("vaults", _name_pattern) or (),
        names=read.items("names", _name_pattern) or (),
        limits=_limits(read),
    )


def condition_of(row: str, value: object, faults: list[AccessFault]) -> Condition:
    """Reads a row of `conditions`. What is wrong is added to `faults`."""
    read = RowReader(row, value, CONDITION_FIELDS, faults)
    condition = Condition(
        who=read.items("who", read_who) or (),
        verbs=frozenset(read.items("verbs", _verb) or ()),
        vaults=read.items("vaults", _name_pattern) or (),
        names=read.items("names", _name_pattern) or (),
        issuers=read.items("issuers", _name_pattern) or (),
        wildcard=read.flag("wildcard"),
        exportable=read.flag("exportable"),
        deny=read.flag("deny") or False,
        say=read.line("say"),
        approvals=read.number("approvals", MAX_APPROVALS) or 0,
        by=read.items("by", read_who) or (),
        tell=read.items("tell", _mail_address) or (),
    )
    read.line("note")
    _check_effect(read)
    _check_verbs(read, condition)
    return condition


def _limits(read: RowReader) -> RequestLimits:
    return RequestLimits(
        issuers=read.items("issuers", _name_pattern),
        dns=read.items("dns", lambda text: ".".join(dns_names.read_pattern(text))),
        ips=read.items("ips", lambda text: str(read_network(text))),
        emails=read.items("emails", read_mail_pattern),
        uris=read.items("uris", read_uri_pattern),
        upns=read.items("upns", read_mail_pattern),
        subject=read.items("subject", _subject_pattern),
        ekus=read.items("ekus", _eku),
        key_usage=read.items("key_usage", _key_usage),
        keys=read.items("keys", _key),
        owners=read.items("owners", _owner_pattern),
        months=read.number("months", MAX_MONTHS),
        a_day=read.number("a_day", MAX_STARTS_A_DAY),
        wildcard=read.flag("wildcard"),
        ca=read.flag("ca"),
        exportable=read.flag("exportable"),
        reuse_key=read.flag("reuse_key"),
        auto_renew=read.flag("auto_renew"),
    )


def _check_effect(read: RowReader) -> None:
    """A condition denies or asks for approvals, and has no fields of the other."""
    if "deny" in read.fields and read.fields["deny"] is not True:
        read.fault("deny", "Only true has a meaning: to deny nothing, leave the row out.")
    if ("deny" in read.fields) == ("approvals" in read.fields):
        read.fault("", 'A condition has either "deny": true or "approvals": a number.')
    if "deny" not in read.fields and "say" in read.fields:
        read.fault("say", "This is the reason of a row that denies.")
    for field in APPROVAL_FIELDS:
        if "approvals" not in read.fields and field in read.fields:
            read.fault(field, "This belongs to approvals.")


def _check_verbs(read: RowReader, condition: Condition) -> None:
    """What asks for the policy or for approvals is about requests."""
    if not condition.verbs or condition.verbs == {Verb.REQUEST}:
        return
    if condition.approvals:
        read.fault("verbs", "Approvals are asked for request alone.")
    if Verb.REQUEST not in condition.verbs:
        for field in POLICY_CONDITIONS:
            if field in read.fields:
                read.fault(field, "This counts for request alone, which verbs does not name.")


def _verb(text: str) -> Verb:
    if text not in list(Verb):
        raise ValueError(f"'{text}' is no verb. Allowed: {', '.join(Verb)}.")
    return Verb(text)


def _name_pattern(text: str) -> str:
    if not NAME_LETTERS.issuperset(text):
        raise ValueError(
            f"'{text}' has a character that no such name has. Allowed: letters, digits, hyphens, "
            "and * for any of them."
        )
    return text


def _owner_pattern(text: str) -> str:
    if not text.isascii():
        raise ValueError(f"'{text}' is not ASCII, as owners have to be to be compared.")
    return text


def _subject_pattern(text: str) -> str:
    """`O=Example`, with one `*` at most."""
    try:
        (field,) = read_subject(text)
    except ValueError:
        field = None
    if field is None or not field.kind.isalpha() or field.value.count("*") > 1:
        raise ValueError(
            f"'{text}' is no field of a subject. Allowed: its type and its value, such as "
            'O=Example and O="Example, Inc.", with one * at most: OU=*.'
        )
    return str(field)


def _eku(text: str) -> str:
    if text in EKU_NAMES:
        return EKU_NAMES[text]
    if text != "*" and text not in EKU_NAMES.values() and not is_oid(text):
        raise ValueError(
            f"'{text}' is no extended key usage. Allowed: {', '.join(EKU_NAMES.values())}, OIDs "
            "and *."
        )
    return text


def _key_usage(text: str) -> str:
    if text != "*" and text not in KEY_USAGES:
        raise ValueError(
            f"'{text}' is no key usage. Allowed: {', '.join(sorted(KEY_USAGES))} and *."
        )
    return text


def _key(text: str) -> str:
    read_key(text)
    return text


def _mail_address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ValueError(f"'{text}' is no mail address.")
    return text
