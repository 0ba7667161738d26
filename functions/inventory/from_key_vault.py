"""What Key Vault says of a certificate and its policy, as the inventory keeps it. Nothing here
raises: a certificate that nobody can read is kept as unread, and a field of a policy that has not
the form of protocol §3 counts as absent.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from cryptography import x509

from functions.access.matching.subject import read_subject
from functions.model.inventory.record import AskedFor, IssuedCertificate
from functions.model.inventory.who_renews import AUTO_RENEW
from functions.ports.key_vault_objects import Policy
from functions.ports.vault import Bundle
from functions.x509.certificate import Certificate, load, readable_key
from functions.x509.describe import printed, words
from functions.x509.public_keys import sha1_of, type_and_size
from functions.x509.rewrite import attempt
from functions.x509.san import common_names, names_of

KINDS = ("dns_names", "ipAddresses", "emails", "uris", "upns")  # protocol §3, in our order
# By these a certificate says that it is a public one for TLS: the policies of the CA/Browser
# Forum (Baseline Requirements §7.1.6.1: EV, DV, OV, IV), and timestamps of public logs (RFC 6962
# §3.3).
TLS_POLICIES = frozenset(
    {"2.23.140.1.1", "2.23.140.1.2.1", "2.23.140.1.2.2", "2.23.140.1.2.3"},
)


def issued_of(bundle: Bundle) -> IssuedCertificate:
    """A complete version of a certificate. `imported` is that it has no pending operation: Key
    Vault shows the one that a version came of until somebody deletes it (protocol §3).
    """
    version, fields = bundle.version, bundle.fields
    created = _time(_object(fields, "attributes").get("created"))
    imported = "pending" not in fields
    try:
        return attempt(lambda: _read(version.version, load(version.der), created, imported))
    except ValueError:
        return IssuedCertificate(
            version.version,
            sha1_of(version.der),
            not_after=version.not_after,
            created=created,
            imported=imported,
            unread=True,
        )


def _read(
    version: str, certificate: Certificate, created: datetime | None, imported: bool
) -> IssuedCertificate:
    authority = certificate.extension(x509.AuthorityKeyIdentifier)
    usages = certificate.extension(x509.ExtendedKeyUsage)
    key_type, key_size = type_and_size(readable_key(certificate))
    return IssuedCertificate(
        version,
        certificate.sha1,
        certificate.sha256,
        subject=words(certificate.subject),
        names=_names(certificate),
        ca=words(certificate.issuer),
        ca_key=((authority and authority.key_identifier) or b"").hex(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        created=created,
        ekus=tuple(one.dotted_string for one in usages or ()),
        key_type=key_type,
        key_size=key_size,
        self_signed=_self_signed(certificate, authority),
        imported=imported,
        public=_public(certificate),
    )


def asked_of(policy: Policy) -> AskedFor:
    """A stored policy, as it is: Key Vault filled in its defaults when it was stored. Only an
    absent issuer is `Unknown`. Of several actions AutoRenew counts, else the first.
    """
    key, x509_props = _object(policy, "key_props"), _object(policy, "x509_props")
    issuer, action = _object(policy, "issuer"), _action(policy.get("lifetime_actions"))
    trigger = _object(action, "trigger")
    subject = _text(x509_props, "subject")
    return AskedFor(
        issuer=_text(issuer, "name").strip() or "Unknown",
        issuer_type=_text(issuer, "cty"),
        months=_number(x509_props, "validity_months") or 0,
        action=_text(_object(action, "action"), "action_type"),
        days_before=_number(trigger, "days_before_expiry"),
        percentage=_number(trigger, "lifetime_percentage"),
        subject=printed(subject),
        names=_asked_names(_object(x509_props, "sans"), subject),
        ekus=_texts(x509_props, "ekus"),
        key_type=_text(key, "kty"),
        key_size=_number(key, "key_size") or 0,
        curve=_text(key, "crv"),
        exportable=key.get("exportable") is True,
        reuse_key=key.get("reuse_key") is True,
        content_type=_text(_object(policy, "secret_props"), "contentType"),
    )


def _names(certificate: Certificate) -> tuple[str, ...]:
    found = names_of(certificate)
    names = [printed(name) for kind in KINDS for name in sorted(found[kind])]
    return tuple(names or map(printed, list(common_names(certificate.subject))[:1]))


def _asked_names(sans: Mapping[str, object], subject: str) -> tuple[str, ...]:
    found = {kind: _texts(sans, kind) for kind in KINDS}
    found["dns_names"] = tuple(name.lower() for name in found["dns_names"])
    found["ipAddresses"] = tuple(map(_address, found["ipAddresses"]))
    names = [printed(name) for kind in KINDS for name in sorted(set(found[kind]))]
    return tuple(names or _common_name(subject))


def _address(text: str) -> str:
    """An address as certificates are read; the text of what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def _common_name(subject: str) -> Iterable[str]:
    """The common name of a policy's subject; none if it can be read in two ways."""
    try:
        fields = read_subject(subject)
    except ValueError:
        return ()
    return [printed(one.value.lower()) for one in fields if one.kind == "CN"][:1]


def _self_signed(certificate: Certificate, authority: x509.AuthorityKeyIdentifier | None) -> bool:
    """Whether subject and issuer are one name, and one key by their identifiers, if it has both. A
    CA may be called as its leaf is, as Key Vault's issuer `Test` does it.
    """
    own = certificate.extension(x509.SubjectKeyIdentifier)
    by = authority.key_identifier if authority else None
    return certificate.self_issued and (own is None or by is None or by == own.digest)


def _public(certificate: Certificate) -> bool:
    policies = certificate.extension(x509.CertificatePolicies) or ()
    named = {one.policy_identifier.dotted_string for one in policies}
    logged = certificate.extension(x509.PrecertificateSignedCertificateTimestamps)
    return bool(named & TLS_POLICIES) or logged is not None


def _action(actions: object) -> Mapping[str, object]:
    """The action that counts; an empty one if there is none."""
    given = actions if isinstance(actions, Sequence) and not isinstance(actions, str) else ()
    found: list[Mapping[str, object]] = [one for one in given if isinstance(one, Mapping)]
    renewing = (
        one
        for one in found
        if _text(_object(one, "action"), "action_type").lower() == AUTO_RENEW.lower()
    )
    return next(renewing, found[0] if found else {})


def _object(holder: Mapping[str, object], field: str) -> Mapping[str, object]:
    found = holder.get(field)
    return found if isinstance(found, Mapping) else {}


def _text(holder: Mapping[str, object], field: str) -> str:
    found = holder.get(field)
    return found if isinstance(found, str) else ""


def _texts(holder: Mapping[str, object], field: str) -> tuple[str, ...]:
    found = holder.get(field)
    if isinstance(found, str) or not isinstance(found, Sequence):
        return ()
    return tuple(one for one in found if isinstance(one, str))


def _number(holder: Mapping[str, object], field: str) -> int | None:
    found = holder.get(field)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _time(seconds: object) -> datetime | None:
    """A time in Unix seconds (UTC); None for what is none."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
