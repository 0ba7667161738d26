"""Decrypts data that is encrypted with an empty password (PBES2; RFC 8018 §6.2): programs write key
stores without a password like that.
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from functions.x509.der import INTEGER, Item, items, items_until_broken, oid

ENCRYPTED_DATA = oid("1.2.840.113549.1.7.6")
PBES2, PBKDF2 = oid("1.2.840.113549.1.5.13"), oid("1.2.840.113549.1.5.12")
HASHES = {
    oid(f"1.2.840.113549.2.{number}"): name
    for number, name in ((7, "sha1"), (9, "sha256"), (11, "sha512"))
}
AES_KEY_BYTES = {
    oid(f"2.16.840.1.101.3.4.1.{number}"): size for number, size in ((2, 16), (22, 24), (42, 32))
}
# OpenSSL writes 2,048, Java 10,000. The sender of the file chooses the number, and each iteration
# takes time.
MAX_ITERATIONS = 20_000


def decrypted(info: Item) -> bytes | None:
    """Decrypts the content of a ContentInfo of type EncryptedData (RFC 5652 §8); None if the
    password is not empty, or if the data is something else.
    """
    try:
        kind, wrapped = items_until_broken(info.content)[0][:2]
        (data,) = items_until_broken(wrapped.content)[0]
        _version, encrypted = items_until_broken(data.content)[0][:2]
        _type, algorithm, content = items_until_broken(encrypted.content)[0]
        return _opened(algorithm, content.content) if kind.whole == ENCRYPTED_DATA else None
    except ValueError:
        return None


def _opened(algorithm: Item, content: bytes) -> bytes | None:
    """Decrypts content with an empty password; None for another scheme. Raises ValueError if
    parameters are wrong or the password is another one.
    """
    scheme, parameters = items(algorithm.content)
    if scheme.whole != PBES2:
        return None
    derivation, cipher = items(parameters.content)
    function, options = items(derivation.content)
    salt, iterations, *rest = items(options.content)
    name, vector = items(cipher.content)
    count = int.from_bytes(iterations.content)
    if function.whole != PBKDF2 or name.whole not in AES_KEY_BYTES or count > MAX_ITERATIONS:
        return None
    prf = [items(one.content)[0].whole for one in rest if one.tag != INTEGER]
    digest = HASHES.get(prf[0], "") if prf else "sha1"  # RFC 8018 §A.2: the default
    key = hashlib.pbkdf2_hmac(digest, b"", salt.content, count, AES_KEY_BYTES[name.whole])
    decryptor = Cipher(AES(key), CBC(vector.content)).decryptor()
    unpadder = PKCS7(128).unpadder()
    padded = decryptor.update(content) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()
