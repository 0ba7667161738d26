"""OIDs and names of extended key usages (RFC 5280 §4.2.1.12), and the key usages that TLS needs."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.x509.oid import ExtendedKeyUsageOID

SERVER = ExtendedKeyUsageOID.SERVER_AUTH.dotted_string
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
ANY_USAGE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
EKU_NAMES = {
    SERVER: "serverAuth",
    CLIENT: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: "OCSPSigning",
    ANY_USAGE: "anyExtendedKeyUsage",
}
# A TLS server's key needs one of these (RFC 5280 §4.2.1.12, on serverAuth; OpenSSL's
# check_purpose_ssl_server).
TLS_USAGES = frozenset({"digitalSignature", "keyEncipherment", "keyAgreement"})


def eku_words(oids: Iterable[str]) -> frozenset[str]:
    """Returns the names of extended key usages in RFC 5280 §4.2.1.12; the OID where it has none."""
    return frozenset(EKU_NAMES.get(oid, oid) for oid in oids)
