"""Keys and certificate signing requests, made of a policy (protocol §3, "CSR and certificate content")."""

from __future__ import annotations

import ipaddress
from typing import Any

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keyvault_emulator.distinguished_names import parse_name
from keyvault_emulator.policy import KEY_USAGES, AlternativeNames, KeyProperties, Policy

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
type Hash = SHA256 | SHA384 | SHA512
type Extension = tuple[x509.ExtensionType, bool]

CURVES: dict[str, type[ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
    "P-256K": ec.SECP256K1,
}
NOT_A_CA = x509.BasicConstraints(ca=False, path_length=None)
USER_PRINCIPAL_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")


def generate_key(props: KeyProperties) -> PrivateKey:
    """Makes a key; an HSM's key is made in software, too."""
    if props.crv:
        return ec.generate_private_key(CURVES[props.crv]())
    return rsa.generate_private_key(65537, props.key_size or 2048)


def signature_hash(key: PrivateKey) -> Hash:
    """The hash with which Key Vault has a key sign: by the size of its curve (recorded: 2023 P-384, 2022 P-521)."""
    by_size: dict[int, Hash] = {384: SHA384(), 521: SHA512()}
    return by_size.get(key.key_size, SHA256())


def make_csr(policy: Policy, key: PrivateKey) -> x509.CertificateSigningRequest:
    """Makes the CSR: version 1, and one attribute that holds the extensions."""
    builder = x509.CertificateSigningRequestBuilder(parse_name(policy.x509_props.subject or ""))
    for extension, critical in [*requested_extensions(policy), (NOT_A_CA, False)]:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, signature_hash(key))


def requested_extensions(policy: Policy) -> list[Extension]:
    """Key usage, extended key usage and alternative names, in Key Vault's order; empty lists leave theirs out."""
    props = policy.x509_props
    extensions: list[Extension] = []
    if props.key_usage:
        extensions.append((_key_usage(props.key_usage), True))
    if props.ekus:
        extensions.append((x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in props.ekus]), False))
    if props.sans and props.sans.any():
        extensions.append((x509.SubjectAlternativeName(_general_names(props.sans)), False))
    return extensions


def public_bytes(key: Any) -> bytes:
    """The public key's DER, for comparing keys."""
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _key_usage(usages: list[str]) -> x509.ExtensionType:
    wanted = {usage.lower() for usage in usages}
    flags = [usage.lower() in wanted for usage in KEY_USAGES]
    if any(flags[7:]) and not flags[4]:
        # encipherOnly and decipherOnly mean nothing without keyAgreement, and cryptography refuses them. Key Vault
        # does not (protocol §8, test_policy).
        return x509.UnrecognizedExtension(x509.KeyUsage.oid, _named_bits(flags))
    return x509.KeyUsage(*flags)


def _named_bits(flags: list[bool]) -> bytes:
    used = max(index for index, flag in enumerate(flags) if flag) + 1
    size = (used + 7) // 8
    value = sum(1 << (size * 8 - 1 - index) for index, flag in enumerate(flags) if flag)
    return asn1.encode_der(asn1.BitString(value.to_bytes(size), size * 8 - used))


def _general_names(sans: AlternativeNames) -> list[x509.GeneralName]:
    return [
        *(x509.RFC822Name(email) for email in sans.emails or []),
        *(x509.DNSName(name) for name in sans.dns_names or []),
        *(x509.OtherName(USER_PRINCIPAL_NAME, asn1.encode_der(upn)) for upn in sans.upns or []),
        *(x509.UniformResourceIdentifier(uri) for uri in sans.uris or []),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in sans.ip_addresses or []),
    ]
