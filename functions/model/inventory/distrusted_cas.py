"""CAs that browsers do not trust any more, by key identifier. Each is known from a page of the
browser's vendor; the identifiers are those of the certificates that the CAs and their users have
published.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple


class Distrusted(NamedTuple):
    """A CA, and since when browsers do not trust what it issues (UTC). They go by the timestamps of
    public logs, which a certificate gets when it is issued.
    """

    name: str
    since: datetime
    source: str


ENTRUST_SINCE, ENTRUST_SOURCE = (
    datetime(2024, 11, 12, tzinfo=UTC),
    "https://security.googleblog.com/2024/06/sustaining-digital-certificate-security.html",
)
CHUNGHWA_SINCE, CHUNGHWA_SOURCE = (
    datetime(2025, 8, 1, tzinfo=UTC),
    "https://security.googleblog.com/2025/05/sustaining-digital-certificate-security-chrome-root-store-changes.html",
)

_BY_ENTRUST = {
    "55e481d11180bed889b908a331f9a1240916b970": "Entrust.net Certification Authority (2048)",
    "6890e467a4a65380c78666a4f1f74b43fb84bd6d": "Entrust Root Certification Authority",
    "6a72267ad01eef7de73b6951d46c8d9f901266ab": "Entrust Root Certification Authority - G2",
    "b763e71add8de908a65583a4e06a504165114249": "Entrust Root Certification Authority - EC1",
    "9f38c45623c339e8a0716ce8544ce4e83ab1bf67": "Entrust Root Certification Authority - G4",
    # The two that issue under G2.
    "82a27074ddbc533fcf7bd4f7cd7fa760c60a4cbf": "Entrust Certification Authority - L1K",
    "c3f7d0b52a30adaf0d9121703954ddbc8970c73a": "Entrust Certification Authority - L1M",
    "9d93c6538b5ecaaf3f9f1e0fe59995bc24f6948f": "AffirmTrust Commercial",
    "071fd2e79cdac26ea240b4b07a50105074c4c8bd": "AffirmTrust Networking",
    "9dc067a60c22d926f545aba665521127d845ac63": "AffirmTrust Premium",
    "9aaf297ac011353526513000c36afe40d5aed63c": "AffirmTrust Premium ECC",
}
_BY_OTHERS = {
    "1e0cf7b667f2e192260945c055392e773f424aa2": "ePKI Root Certification Authority (Chunghwa)",
    "f27717fa5ea8fef63d71d568bac9460c38d8afb0": "HiPKI Root CA - G1 (Chunghwa)",
    "ccfa6793f0b6b8d0a5c01ef353fd8c53df83d796": "NetLock Arany (Class Gold)",
}
# By key identifier (hex), which is the authority key identifier of what they sign.
DISTRUSTED_CAS: dict[str, Distrusted] = {
    **{key: Distrusted(name, ENTRUST_SINCE, ENTRUST_SOURCE) for key, name in _BY_ENTRUST.items()},
    **{key: Distrusted(name, CHUNGHWA_SINCE, CHUNGHWA_SOURCE) for key, name in _BY_OTHERS.items()},
}
