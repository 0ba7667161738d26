"""What a request would be for: Key Vault's policy fields, and its defaults for those left out.

A create's policy replaces the stored one as a whole; without one, the stored one serves (protocol
§4.1). What cannot be read is kept as `unread`, and no grant that limits requests covers it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from functions.access.matching.dns_names import labels_of
from functions.access.matching.keys import KEY_CURVES, RSA_SIZES
from functions.access.matching.subject import SubjectField, read_subject
from functions.model.issuers import is_manual
from functions.x509.usages import ANY_USAGE, CLIENT, SERVER, eku_words

# In the order of RFC 5280 §4.2.1.3, as Key Vault writes them.
KEY_USAGES = frozenset(
    {
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    }
)
DEFAULT_KEY_USAGE = ("digitalSignature", "keyEncipherment")
DEFAULT_EKUS = (SERVER, CLIENT)
DEFAULT_MONTHS = 12
KINDS_OF_NAMES = {
    "dns_names": "dns",
    "ipAddresses": "ips",
    "emails": "emails",
    "uris": "uris",
    "upns": "upns",
}
# The fields that are read below, and those that change nothing of what a certificate is good for.
POLICY_FIELDS = {
    "id",
    "key_props",
    "secret_props",
    "x509_props",
    "lifetime_actions",
    "issuer",
    "attributes",
}
X509_FIELDS = {"subject", "sans", "ekus", "key_usage", "validity_months", "basic_constraints"}
KEY_FIELDS = {"kty", "key_size", "crv", "exportable", "reuse_key"}
ISSUER_FIELDS = {"name", "cty", "cert_transparency"}

type Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """What a certificate would be, after Key Vault's defaults (protocol §3).

    - `names` are the alternative names as they are written, by the fields of a grant (`dns`, `ips`,
      `emails`, `uris`, `upns`); `subject` the fields of the subject.
    - `key` is `RSA:2048`, `EC-HSM:P-256`. `months` is the lifetime.
    - `ekus` are names as in RFC 5280, OIDs for others. None at all in a certificate means any, so
      that stands here as `anyExtendedKeyUsage`; in the same way, no key usage is every one of them.
    - `auto_renew`: Key Vault itself starts the next versions, for ever, and asks nobody; the
      default at every issuer but `Unknown`.
    - `unread` are the paths of fields that are not known or cannot be read.
    """

    names: Mapping[str, tuple[str, ...]]
    subject: tuple[SubjectField, ...]
    key: str
    exportable: bool
    reuse_key: bool
    issuer: str
    months: int
    ekus: frozenset[str]
    key_usage: frozenset[str]
    ca: bool
    auto_renew: bool
    unread: frozenset[str] = frozenset()

    @property
    def common_names(self) -> tuple[str, ...]:
        """The values of the subject's common names."""
        return tuple(one.value for one in self.subject if one.kind == "CN")

    @property
    def wildcard(self) -> bool:
        """Whether one of its DNS names, or anything in its subject, has a `*`, also a wide one."""
        texts = (*self.names["dns"], *map(str, self.subject))
        return any("*" in normalize("NFKC", text) for text in texts)


def effective_policy(sent: Fields | None, stored: Fields | None) -> EffectivePolicy:
    """What a create would ask Key Vault for: with the policy that is sent, or else the stored one.
    Neither is a policy of defaults without any name.
    """
    return _Reader().policy(stored or {} if sent is None else sent)


class _Reader:
    """Reads a policy, and remembers what it could not read."""

    def __init__(self) -> None:
        self.unread = set[str]()

    def policy(self, policy: Fields) -> EffectivePolicy:
        self._known("", policy, POLICY_FIELDS)
        key = self._object("key_props", policy, KEY_FIELDS)
        x509 = self._object("x509_props", policy, X509_FIELDS)
        constraints = self._object(
            "x509_props.basic_constraints", x509, {"ca", "path_len_constraint"}
        )
        issuer = self._issuer(policy)
        return EffectivePolicy(
            names=self._names(x509),
            subject=self._subject(x509),
            key=self._key(key),
            exportable=self._flag("key_props.exportable", key, default=True),
            reuse_key=self._flag("key_props.reuse_key", key, default=False),
            issuer=issuer,
            months=self._months(x509),
            ekus=self._ekus(x509),
            key_usage=self._key_usage(x509),
            ca=self._flag("x509_props.basic_constraints.ca", constraints, default=False),
            auto_renew=self._auto_renew(policy, issuer),
            unread=frozenset(self.unread),
        )

    def _known(self, path: str, fields: Fields, known: Collection[str]) -> None:
        self.unread |= {f"{path}.{name}" if path else name for name in fields if name not in known}

    def _object(self, path: str, holder: Fields, known: Collection[str]) -> Fields:
        found = holder.get(path.rpartition(".")[2])
        if not isinstance(found, Mapping):
            if found is not None:
                self.unread.add(path)
            return {}
        self._known(path, found, known)
        return found

    def _flag(self, path: str, holder: Fields, *, default: bool) -> bool:
        found = holder.get(path.rpartition(".")[2])
        if isinstance(found, bool):
            return found
        if found is not None:
            self.unread.add(path)
        return default

    def _text(self, path: str, holder: Fields, default: str) -> str:
        found = holder.get(path.rpartition(".")[2])
        if isinstance(found, str):
            return found
        if found is not None:
            self.unread.add(path)
        return default

    def _texts(self, path: str, holder: Fields, default: tuple[str, ...]) -> tuple[str, ...]:
        found = holder.get(path.rpartition(".")[2])
        if found is None:
            return default
        if isinstance(found, Sequence) and not isinstance(found, str):
            texts = tuple(one for one in found if isinstance(one, str))
            if len(texts) == len(found):
                return texts
        self.unread.add(path)
        return ()

    def _names(self, x509: Fields) -> Mapping[str, tuple[str, ...]]:
        """The names as they are written. A DNS name that is none in ASCII, such as one with a star
        of another alphabet, may become one on its way to a certificate, and nobody knows which.
        """
        sans = self._object("x509_props.sans", x509, KINDS_OF_NAMES)
        names = {
            field: self._texts(f"x509_props.sans.{kind}", sans, ())
            for kind, field in KINDS_OF_NAMES.items()
        }
        if not all(map(labels_of, names["dns"])):
            self.unread.add("x509_props.sans.dns_names")
        return names

    def _subject(self, x509: Fields) -> tuple[SubjectField, ...]:
        try:
            return read_subject(self._text("x509_props.subject", x509, ""))
        except ValueError:
            self.unread.add("x509_props.subject")
            return ()

    def _key(self, key: Fields) -> str:
        """Key Vault's default is RSA 2048, and P-256 for EC. A curve and a size that do not belong
        together, or a size that alone would have to name the curve, are not guessed at.
        """
        kty = self._text("key_props.kty", key, "RSA")
        size, curve = key.get("key_size"), key.get("crv")
        if kty.removesuffix("-HSM") == "RSA" and curve is None and size in (None, *RSA_SIZES):
            return f"{kty}:{size or RSA_SIZES[0]}"
        curve = KEY_CURVES[0] if curve is None else curve
        fits = curve in KEY_CURVES and size in (None, int(str(curve)[2:5]))
        if kty.removesuffix("-HSM") == "EC" and fits:
            return f"{kty}:{curve}"
        self.unread.add("key_props")
        return kty

    def _issuer(self, policy: Fields) -> str:
        issuer = self._object("issuer", policy, ISSUER_FIELDS)
        return self._text("issuer.name", issuer, "Unknown").strip() or "Unknown"

    def _months(self, x509: Fields) -> int:
        found = x509.get("validity_months")
        if found is None:
            return DEFAULT_MONTHS
        if isinstance(found, int) and not isinstance(found, bool) and found > 0:
            return found
        self.unread.add("x509_props.validity_months")
        return 0

    def _ekus(self, x509: Fields) -> frozenset[str]:
        oids = self._texts("x509_props.ekus", x509, DEFAULT_EKUS)
        if not all(is_oid(oid) for oid in oids):
            self.unread.add("x509_props.ekus")
        return eku_words(oids or (ANY_USAGE,))

    def _key_usage(self, x509: Fields) -> frozenset[str]:
        usages = frozenset(self._texts("x509_props.key_usage", x509, DEFAULT_KEY_USAGE))
        if not usages <= KEY_USAGES:
            self.unread.add("x509_props.key_usage")
        return usages or KEY_USAGES

    def _auto_renew(self, policy: Fields, issuer: str) -> bool:
        actions = policy.get("lifetime_actions")
        if actions is None:
            return not is_manual(issuer)
        kinds = [_action_of(one) for one in actions] if isinstance(actions, Sequence) else [None]
        if not set(kinds) <= {"AutoRenew", "EmailContacts"}:
            self.unread.add("lifetime_actions")
        return "AutoRenew" in kinds


def is_oid(text: str) -> bool:
    """Whether a text is an OID in its one spelling: decimal numbers without leading zeros."""
    parts = text.split(".")
    return len(parts) > 1 and all(
        part.isascii() and part.isdigit() and (part == "0" or part[0] != "0") for part in parts
    )


def _action_of(entry: object) -> object:
    """The kind of a lifetime action; None if it cannot be read."""
    action = entry.get("action") if isinstance(entry, Mapping) else None
    kind = action.get("action_type") if isinstance(action, Mapping) else None
    return kind if isinstance(kind, str) else None
